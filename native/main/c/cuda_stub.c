/*
 * A libcuda.so.1 for machines without a driver, on which cuDNN then compiles plans for GPUs that are described to it.
 *
 * There is no device, and nothing can be launched. Modules and kernels can be "loaded": cuDNN does so with what it has compiled, before it calls
 * a plan final. Every other function says that there is no device.
 */
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

enum { SUCCESS = 0, INVALID_VALUE = 1, NO_DEVICE = 100 };

/* CUDA 13.0. */
#define VERSION 13000

static int something;

static int refused(void) { return NO_DEVICE; }

EXPORT int cuInit(unsigned flags) {
  (void)flags;
  return NO_DEVICE;
}

EXPORT int cuDriverGetVersion(int *version) {
  *version = VERSION;
  return SUCCESS;
}

EXPORT int cuGetErrorName(int status, const char **name) {
  *name = status == NO_DEVICE ? "CUDA_ERROR_NO_DEVICE" : status == SUCCESS ? "CUDA_SUCCESS" : NULL;
  return *name == NULL ? INVALID_VALUE : SUCCESS;
}

EXPORT int cuGetErrorString(int status, const char **words) {
  *words = status == NO_DEVICE ? "this is the stub for machines without a driver" : status == SUCCESS ? "no error" : NULL;
  return *words == NULL ? INVALID_VALUE : SUCCESS;
}

/* Functions that hand out a handle as their first argument, such as only take some, such as hand out a number, and such as need a device. */
#define HANDLES(X) \
  X(cuLibraryLoadData) X(cuLibraryGetKernel) X(cuLibraryGetModule) X(cuKernelGetFunction) X(cuModuleLoadData) X(cuModuleLoadDataEx) \
  X(cuModuleLoadFatBinary) X(cuModuleGetFunction)
#define QUIET(X) \
  X(cuLibraryUnload) X(cuModuleUnload) X(cuKernelSetAttribute) X(cuKernelSetCacheConfig) X(cuFuncSetAttribute) X(cuFuncSetCacheConfig) X(cuFuncLoad)
#define NUMBERS(X) X(cuKernelGetAttribute) X(cuFuncGetAttribute)
#define REFUSED(X) \
  X(cuCtxGetCurrent) X(cuCtxSetCurrent) X(cuCtxGetDevice) X(cuCtxGetLimit) X(cuCtxPopCurrent) X(cuCtxPopCurrent_v2) X(cuCtxPushCurrent) \
  X(cuCtxPushCurrent_v2) X(cuCtxSynchronize) X(cuDeviceGet) X(cuDeviceGetCount) X(cuDeviceGetName) X(cuDeviceGetAttribute) X(cuDeviceTotalMem) \
  X(cuDeviceTotalMem_v2) X(cuDevicePrimaryCtxRetain) X(cuDevicePrimaryCtxRelease) X(cuDevicePrimaryCtxRelease_v2) X(cuLaunchKernel) X(cuLaunchKernelEx) \
  X(cuLaunchCooperativeKernel) X(cuLibraryLoadFromFile) X(cuLibraryGetGlobal) X(cuModuleGetGlobal) X(cuModuleGetGlobal_v2) X(cuLinkCreate) \
  X(cuLinkCreate_v2) X(cuLinkAddData) X(cuLinkAddData_v2) X(cuLinkComplete) X(cuLinkDestroy) X(cuMemAlloc) X(cuMemAlloc_v2) X(cuMemFree) \
  X(cuMemFree_v2) X(cuMemGetInfo) X(cuMemGetInfo_v2) X(cuMemcpyHtoD) X(cuMemcpyHtoD_v2) X(cuMemcpyDtoH) X(cuMemcpyDtoH_v2) X(cuMemcpyHtoDAsync_v2) \
  X(cuMemcpyDtoHAsync_v2) X(cuMemcpyDtoDAsync_v2) X(cuMemsetD8Async) X(cuMemsetD32Async) X(cuOccupancyMaxActiveBlocksPerMultiprocessor) \
  X(cuOccupancyMaxActiveClusters) X(cuOccupancyMaxPotentialClusterSize) X(cuPointerGetAttribute) X(cuStreamGetCtx) X(cuStreamIsCapturing) \
  X(cuStreamGetCaptureInfo) X(cuStreamSynchronize) X(cuTensorMapEncodeIm2col) X(cuTensorMapEncodeTiled)

#define HANDLE(name)          \
  EXPORT int name(void **out) { \
    *out = &something;        \
    return SUCCESS;           \
  }
#define DONE(name) \
  EXPORT int name(void) { return SUCCESS; }
#define NUMBER(name)        \
  EXPORT int name(int *out) { \
    *out = 0;               \
    return SUCCESS;         \
  }
#define REFUSAL(name) \
  EXPORT int name(void) { return NO_DEVICE; }
HANDLES(HANDLE)
QUIET(DONE)
NUMBERS(NUMBER)
REFUSED(REFUSAL)

EXPORT int cuGetProcAddress(const char *name, void **function, int version, uint64_t flags);
EXPORT int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status);

#define ENTRY(name) {#name, (void (*)(void))name},
static const struct {
  const char *name;
  void (*function)(void);
} FUNCTIONS[] = {
    ENTRY(cuInit) ENTRY(cuDriverGetVersion) ENTRY(cuGetErrorName) ENTRY(cuGetErrorString) HANDLES(ENTRY) QUIET(ENTRY) NUMBERS(ENTRY)};

EXPORT int cuGetProcAddress(const char *name, void **function, int version, uint64_t flags) {
  (void)flags;
  void (*found)(void) = (void (*)(void))refused;
  if (strcmp(name, "cuGetProcAddress") == 0) {
    /* CUDA 12 gave the name another argument. */
    found = version >= 12000 ? (void (*)(void))cuGetProcAddress_v2 : (void (*)(void))cuGetProcAddress;
  }
  for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
    if (strcmp(FUNCTIONS[i].name, name) == 0) {
      found = FUNCTIONS[i].function;
    }
  }
  memcpy(function, &found, sizeof found);
  return SUCCESS;
}

EXPORT int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status) {
  if (status != NULL) {
    *status = 0;
  }
  return cuGetProcAddress(name, function, version, flags);
}
