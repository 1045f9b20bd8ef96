#include "cudnn_descriptor.h"

#include <cstdarg>
#include <cstdio>

#include "software_device.h"

namespace cudnn {

static thread_local std::string last_error;

double Descriptor::number(int name, double otherwise) const {
  auto found = attributes.find(name);
  if (found == attributes.end()) return otherwise;
  return found->second.type == TYPE_FLOAT ? value<float>(name, 0) : value<double>(name, 0);
}

const Descriptor* Descriptor::child(int name) const {
  auto found = attributes.find(name);
  return found == attributes.end() || found->second.descriptors.empty() ? nullptr : found->second.descriptors[0].get();
}

void Descriptor::put_children(int name, std::vector<std::shared_ptr<Descriptor>> children) {
  int64_t count = static_cast<int64_t>(children.size());
  attributes[name] = {TYPE_BACKEND_DESCRIPTOR, count, {}, std::move(children)};
}

static std::string format_text(const char* format, va_list arguments) {
  char text[1000];
  std::vsnprintf(text, sizeof text, format, arguments);
  return text;
}

int refuse(int status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  last_error = format_text(format, arguments);
  va_end(arguments);
  return status;
}

int misuse(const char* function, int status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  last_error = format_text(format, arguments);
  va_end(arguments);
  software_device_violation(function, "%s", last_error.c_str());
  return status;
}

}  // namespace cudnn

using namespace cudnn;

// The text is forgotten when it is read.
extern "C" __attribute__((visibility("default"))) void cudnnGetLastErrorString(char* message, size_t size) {
  if (size == 0) return;
  std::snprintf(message, size, "%s", last_error.c_str());
  last_error.clear();
}
