/* Loaded modules and their kernels. */
#ifndef MODULE_H
#define MODULE_H

#include "device.h"
#include "host_cuda_launch.h"
#include "module_header.h"

struct Module {
  static constexpr const char *KIND = "module";
  void *library = nullptr;
  std::string file;  // that it was loaded from
  bool loaded = true;
  int queued = 0;  // launches that wait in streams
  std::vector<const void *> functions;
  ~Module();
};

struct Function {
  static constexpr const char *KIND = "function";
  std::string name;
  std::shared_ptr<Module> module;
  const host_cuda_kernel *kernel;
};

struct Launch {
  std::shared_ptr<Function> function;
  host_cuda_index grid, block;
  std::vector<uint64_t> arguments;
};

#endif
