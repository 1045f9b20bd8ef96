/* The books: objects by handle, violations, and what is still open when the process ends. */
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "device.h"

Device &device = *new Device;
thread_local CUcontext current_context = nullptr;

std::string format(const char *format, ...) {
  char line[1000];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return line;
}

void violation(const std::string &function, const std::string &what) {
  std::string line = "software device: " + function + ": " + what + "\n";
  fputs(line.c_str(), stderr);
  device.counts.traps++;
  if (device.lines.size() < (1 << 20)) device.lines += line;
}

/* Not canonical on x86-64, so that whoever takes a handle for an address traps. */
static const uint64_t HANDLE = 0x0D0D000000000000;

void *open_handle(const char *kind, std::shared_ptr<void> object, CUcontext context) {
  uint64_t handle = HANDLE + 16 * ++device.handles;
  device.objects[handle] = {kind, std::move(object), context};
  device.live[kind]++;
  return reinterpret_cast<void *>(handle);
}

bool find_entry(const char *kind, const void *handle, Entry &entry) {
  auto found = device.objects.find(reinterpret_cast<uint64_t>(handle));
  if (found == device.objects.end() || strcmp(found->second.kind, kind) != 0) return false;
  entry = found->second;
  return true;
}

std::string describe_handle(const char *kind, const void *handle) {
  uint64_t number = reinterpret_cast<uint64_t>(handle);
  auto found = device.objects.find(number);
  if (handle == nullptr) return format("expected: %s; given: null", kind);
  if (found != device.objects.end()) return format("expected: %s; given: %s", kind, found->second.kind);
  bool given = number > HANDLE && number <= HANDLE + 16 * device.handles && number % 16 == 0;
  return format(given ? "the %s was destroyed" : "expected: %s; given: %p, which is no handle", kind, handle);
}

void close_handle(const void *handle) {
  auto found = device.objects.find(reinterpret_cast<uint64_t>(handle));
  device.live[found->second.kind]--;
  device.objects.erase(found);
}

int64_t leaks(CUcontext context) {
  int64_t count = 0;
  for (auto &object : device.objects) {
    bool belongs = strcmp(object.second.kind, "context") == 0 || strcmp(object.second.kind, "function") == 0;
    count += !belongs && (context == nullptr || object.second.context == context);
  }
  if (context == nullptr) return count + device.memory.live_blocks() + device.pinned.live_blocks();
  return count + device.memory.live_blocks(context) + device.pinned.live_blocks(context);
}

static std::string leak_lines() {
  std::string lines;
  std::map<std::string, int64_t> live = device.live;
  live["memory"] = device.memory.live_blocks();
  live["pinned memory"] = device.pinned.live_blocks();
  for (auto &kind : live) {
    if (kind.second != 0 && kind.first != "function") lines += format("%lld %s\n", static_cast<long long>(kind.second), kind.first.c_str());
  }
  return lines;
}

/* Streams do nothing more, then: what they use is being destroyed. */
static void end_of_process() {
  std::unique_lock<std::mutex> lock(device.lock);
  device.ended = true;
  device.changed.wait_for(lock, std::chrono::seconds(10), [] { return device.running == 0; });
  tell_faults();
  if (leaks(nullptr) == 0) return;
  std::string lines = leak_lines();
  for (size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    fprintf(stderr, "software device: still open at the end: %s\n", lines.substr(at, lines.find('\n', at) - at).c_str());
  }
}

void report_at_end() { atexit(end_of_process); }

extern "C" {

void software_device_violation(const char *function, const char *what, ...) {
  char line[1000];
  va_list arguments;
  va_start(arguments, what);
  vsnprintf(line, sizeof line, what, arguments);
  va_end(arguments);
  std::lock_guard<std::mutex> lock(device.lock);
  violation(function, line);
}

void *software_device_open(const char *kind, void *object) {
  std::lock_guard<std::mutex> lock(device.lock);
  return open_handle(kind, {object, [](void *) {}}, nullptr);
}

static void *object(const char *function, const char *kind, const void *handle, bool close) {
  std::lock_guard<std::mutex> lock(device.lock);
  Entry entry;
  if (!find_entry(kind, handle, entry)) {
    violation(function, describe_handle(kind, handle));
    return nullptr;
  }
  if (close) close_handle(handle);
  return entry.object.get();
}

void *software_device_object(const char *function, const char *kind, const void *handle) {
  return object(function, kind, handle, false);
}

void *software_device_close(const char *function, const char *kind, const void *handle) {
  return object(function, kind, handle, true);
}

int64_t software_device_text(const char *name, char *text, int64_t size) {
  std::lock_guard<std::mutex> lock(device.lock);
  tell_faults();
  bool traps = strcmp(name, "traps") == 0;
  if (!traps && strcmp(name, "leaks") != 0) return -1;
  std::string all = traps ? device.lines : leak_lines();
  if (size > 0) snprintf(text, size, "%s", all.c_str());
  return all.size();
}

}  // extern "C"
