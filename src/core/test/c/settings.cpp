/* Settings and counts by name, for tests and from the environment. */
#include <cctype>
#include <cstdlib>
#include <cstring>

#include "device.h"

namespace {

const std::pair<const char *, int64_t Settings::*> SETTINGS[] = {
    {"init", &Settings::init},
    {"driver-version", &Settings::driver_version},
    {"devices", &Settings::devices},
    {"compute-capability", &Settings::compute_capability},
    {"memory", &Settings::memory},
    {"delay", &Settings::delay},
    {"seed", &Settings::seed},
    {"nondeterministic", &Settings::nondeterministic},
    {"refuse", &Settings::refuse},
    {"fail", &Settings::fail},
};

const std::pair<const char *, int64_t Counts::*> COUNTS[] = {
    {"traps", &Counts::traps},
    {"launches", &Counts::launches},
    {"copies", &Counts::copies},
    {"operations", &Counts::operations},
    {"graph-launches", &Counts::graph_launches},
    {"synchronizations", &Counts::synchronizations},
    {"error", &Counts::error},
};

int64_t *value(const char *name) {
  for (auto &setting : SETTINGS) {
    if (strcmp(setting.first, name) == 0) return &(device.settings.*setting.second);
  }
  for (auto &count : COUNTS) {
    if (strcmp(count.first, name) == 0) return &(device.counts.*count.second);
  }
  return nullptr;
}

__attribute__((constructor)) void read_environment() {
  for (auto &setting : SETTINGS) {
    std::string name = "RESIDUAL_DEVICE_";
    for (const char *c = setting.first; *c; c++) name += *c == '-' ? '_' : static_cast<char>(toupper(*c));
    if (const char *text = getenv(name.c_str())) device.settings.*setting.second = strtoll(text, nullptr, 0);
  }
}

}  // namespace

int64_t software_device_get(const char *name) {
  std::lock_guard<std::mutex> lock(device.lock);
  tell_faults();
  if (const int64_t *found = value(name)) return *found;
  std::string text = name;
  if (text == "bytes") return device.memory.live_bytes();
  if (text == "leaks") return leaks(nullptr);
  if (text == "live") return leaks(nullptr) + device.contexts.size();
  if (text == "live.memory") return device.memory.live_blocks();
  if (text == "live.pinned memory") return device.pinned.live_blocks();
  if (text.rfind("live.", 0) != 0) return -1;
  auto kind = device.live.find(text.substr(5));
  return kind == device.live.end() ? 0 : kind->second;
}

int software_device_set(const char *name, int64_t to) {
  std::lock_guard<std::mutex> lock(device.lock);
  int64_t *found = value(name);
  if (found == nullptr) return -1;
  *found = to;
  if (strcmp(name, "traps") == 0) device.lines.clear();
  return 0;
}
