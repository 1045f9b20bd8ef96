/* Loading modules. */
#include "module.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace {

/* Loaded from a file of its own, for the loader knows libraries by name. */
void *load(const void *bytes, size_t size, std::string &name) {
  const char *folder = getenv("TMPDIR");
  name = std::string(folder != nullptr ? folder : "/tmp") + "/software-device-XXXXXX";
  int file = mkstemp(&name[0]);
  if (file < 0) return nullptr;
  bool written = write(file, bytes, size) == static_cast<ssize_t>(size);
  close(file);
  void *library = written ? dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
  unlink(name.c_str());
  return library;
}

}  // namespace

Module::~Module() {
  if (library != nullptr) dlclose(library);
}

/* What is no module is no violation: a file on disk may be damaged, and the program should cope. */
DRIVER_API CUresult cuModuleLoadData(CUmodule *to, const void *image) {
  Call call("cuModuleLoadData", Call::UNSAFE);
  if (!call.require(to != nullptr && image != nullptr, CUDA_ERROR_INVALID_VALUE, "null")) return call.status;
  ModuleHeader header;
  if (strncmp(static_cast<const char *>(image), MODULE_MAGIC, sizeof header.magic) != 0) return CUDA_ERROR_INVALID_IMAGE;
  memcpy(&header, image, sizeof header);
  unsigned long architecture = header.architecture, capability = device.settings.compute_capability;
  if (architecture / 10 != capability / 10 || architecture > capability) return CUDA_ERROR_NO_BINARY_FOR_GPU;
  auto module = std::make_shared<Module>();
  module->library = load(static_cast<const char *>(image) + sizeof header, header.bytes, module->file);
  if (module->library == nullptr) return CUDA_ERROR_INVALID_IMAGE;
  *to = static_cast<CUmodule>(open_handle(Module::KIND, module, current_context));
  return call.status;
}

DRIVER_API CUresult cuModuleLoadDataEx(CUmodule *to, const void *image, unsigned, CUjit_option *, void **) { return cuModuleLoadData(to, image); }

DRIVER_API CUresult cuModuleUnload(CUmodule handle) {
  Call call("cuModuleUnload", Call::UNSAFE_RELEASE);
  std::shared_ptr<Module> module = call.close<Module>(handle);
  if (!module) return call.end();
  module->loaded = false;
  for (const void *function : module->functions) close_handle(function);
  if (module->queued > 0) call.fail(CUDA_ERROR_INVALID_VALUE, format("%d launches of its kernels are still queued", module->queued));
  return call.end();
}

DRIVER_API CUresult cuModuleGetFunction(CUfunction *to, CUmodule handle, const char *name) {
  Call call("cuModuleGetFunction");
  std::shared_ptr<Module> module = call.find<Module>(handle);
  if (!module || !call.require(to != nullptr && name != nullptr, CUDA_ERROR_INVALID_VALUE, "null")) return call.status;
  Dl_info place;
  auto *kernel = static_cast<const host_cuda_kernel *>(dlsym(module->library, name));
  bool own = kernel != nullptr && dladdr(kernel, &place) != 0 && module->file == place.dli_fname;
  if (!own) return CUDA_ERROR_NOT_FOUND;
  auto function = std::make_shared<Function>(Function{name, module, kernel});
  *to = static_cast<CUfunction>(open_handle(Function::KIND, function, current_context));
  module->functions.push_back(*to);
  return call.status;
}

DRIVER_API CUresult cuFuncGetAttribute(int *to, CUfunction_attribute attribute, CUfunction handle) {
  Call call("cuFuncGetAttribute");
  std::shared_ptr<Function> function = call.find<Function>(handle);
  if (!function || !call.require(to != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the answer")) return call.status;
  *to = attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK ? static_cast<int>(function->kernel->most_threads)
        : attribute == CU_FUNC_ATTRIBUTE_NUM_REGS            ? 32
        : attribute == CU_FUNC_ATTRIBUTE_PTX_VERSION || attribute == CU_FUNC_ATTRIBUTE_BINARY_VERSION
            ? static_cast<int>(device.settings.compute_capability)
            : 0;
  return call.status;
}

DRIVER_API CUresult cuFuncSetAttribute(CUfunction handle, CUfunction_attribute, int) {
  Call call("cuFuncSetAttribute");
  call.find<Function>(handle);
  return call.status;
}
