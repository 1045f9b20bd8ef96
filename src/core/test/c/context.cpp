/* Starting, devices and their primary contexts. */
#include <cstdio>
#include <cstring>

#include "device.h"

DRIVER_API CUresult cuInit(unsigned flags) {
  Call call("cuInit", Call::BEFORE_INIT);
  call.require(flags == 0, CUDA_ERROR_INVALID_VALUE, "flags are to be 0");
  if (!call.ok() || device.settings.init != 0) return call.ok() ? static_cast<CUresult>(device.settings.init) : call.status;
  catch_faults();
  if (!device.initialized) report_at_end();
  device.initialized = true;
  return CUDA_SUCCESS;
}

DRIVER_API CUresult cuDriverGetVersion(int *version) {
  Call call("cuDriverGetVersion", Call::BEFORE_INIT);
  if (call.require(version != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the version")) *version = device.settings.driver_version;
  return call.status;
}

DRIVER_API CUresult cuDeviceGetCount(int *count) {
  Call call("cuDeviceGetCount", Call::ANYWHERE);
  if (call.require(count != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the count")) *count = device.settings.devices;
  return call.status;
}

/* Not a violation: a program may ask for a device that is not there, to be told so. */
DRIVER_API CUresult cuDeviceGet(CUdevice *to, int ordinal) {
  Call call("cuDeviceGet", Call::ANYWHERE);
  if (call.ok() && (ordinal < 0 || ordinal >= device.settings.devices)) return CUDA_ERROR_INVALID_DEVICE;
  if (call.require(to != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the device")) *to = ordinal;
  return call.status;
}

static bool known(Call &call, CUdevice of, const void *to) {
  call.require(of >= 0 && of < device.settings.devices, CUDA_ERROR_INVALID_DEVICE, "no such device");
  return call.require(to != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the answer");
}

DRIVER_API CUresult cuDeviceGetName(char *name, int size, CUdevice of) {
  Call call("cuDeviceGetName", Call::ANYWHERE);
  if (known(call, of, name) && call.require(size > 0, CUDA_ERROR_INVALID_VALUE, "no room for the name")) {
    snprintf(name, size, "Software device %d", of);
  }
  return call.status;
}

DRIVER_API CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice of) {
  Call call("cuDeviceGetUuid", Call::ANYWHERE);
  if (known(call, of, uuid)) snprintf(uuid->bytes, sizeof uuid->bytes, "software %d", of);
  return call.status;
}

DRIVER_API CUresult cuDeviceGetPCIBusId(char *id, int size, CUdevice of) {
  Call call("cuDeviceGetPCIBusId", Call::ANYWHERE);
  if (known(call, of, id) && call.require(size > 12, CUDA_ERROR_INVALID_VALUE, "no room for the id")) {
    snprintf(id, size, "0000:%02x:00.0", of);
  }
  return call.status;
}

DRIVER_API CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice of) {
  Call call("cuDeviceTotalMem", Call::ANYWHERE);
  if (known(call, of, bytes)) *bytes = device.settings.memory;
  return call.status;
}

/* Those of an H100, but for what is set. */
static const std::map<CUdevice_attribute, int> ATTRIBUTES = {
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, 1024},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, 1024},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, 64},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 2147483647},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, 65535},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, 65535},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 49152},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 232448},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, 233472},
    {CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, 1024},
    {CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY, 65536},
    {CU_DEVICE_ATTRIBUTE_WARP_SIZE, 32},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, 65536},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, 65536},
    {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 1980000},
    {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 132},
    {CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT, 0},
    {CU_DEVICE_ATTRIBUTE_INTEGRATED, 0},
    {CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, 0},
    {CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS, 1},
    {CU_DEVICE_ATTRIBUTE_ECC_ENABLED, 1},
    {CU_DEVICE_ATTRIBUTE_PCI_BUS_ID, 0},
    {CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, 0},
    {CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID, 0},
    {CU_DEVICE_ATTRIBUTE_TCC_DRIVER, 0},
    {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 2619000},
    {CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 5120},
    {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 52428800},
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 2048},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, 32},
    {CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, 3},
    {CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
    {CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, 1},
    {CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 1},
};

DRIVER_API CUresult cuDeviceGetAttribute(int *to, CUdevice_attribute attribute, CUdevice of) {
  Call call("cuDeviceGetAttribute", Call::ANYWHERE);
  if (!known(call, of, to)) return call.status;
  auto found = ATTRIBUTES.find(attribute);
  if (attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) {
    *to = device.settings.compute_capability / 10;
  } else if (attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR) {
    *to = device.settings.compute_capability % 10;
  } else if (call.require(found != ATTRIBUTES.end(), CUDA_ERROR_INVALID_VALUE, "an attribute that the double does not know")) {
    *to = found->second;
  }
  return call.status;
}

DRIVER_API CUresult cuDevicePrimaryCtxRetain(CUcontext *to, CUdevice of) {
  Call call("cuDevicePrimaryCtxRetain", Call::ANYWHERE);
  if (!known(call, of, to)) return call.status;
  std::shared_ptr<Context> &context = device.contexts[of];
  if (context) {
    context->retained++;
  } else {
    context = std::make_shared<Context>();
    context->device = of;
    context->handle = static_cast<CUcontext>(open_handle(Context::KIND, context, nullptr));
    context->legacy = make_stream();
  }
  *to = context->handle;
  return call.status;
}

static void destroy_all(Call &call, CUcontext context) {
  for (auto object = device.objects.begin(); object != device.objects.end();) {
    auto next = std::next(object);
    if (object->second.context == context) {
      call.discarded.push_back(object->second.object);
      if (strcmp(object->second.kind, Stream::KIND) == 0) std::static_pointer_cast<Stream>(object->second.object)->closing = true;
      close_handle(reinterpret_cast<void *>(object->first));
    }
    object = next;
  }
  device.memory.free_all(context);
  device.pinned.free_all(context);
}

/* The last release destroys what the context still has: it should have nothing. */
DRIVER_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice of) {
  Call call("cuDevicePrimaryCtxRelease", Call::ANYWHERE);
  auto found = device.contexts.find(of);
  if (!call.require(found != device.contexts.end(), CUDA_ERROR_INVALID_CONTEXT, "the context is not retained")) return call.status;
  if (--found->second->retained > 0) return call.status;
  std::shared_ptr<Context> context = found->second;
  long long open = leaks(context->handle);
  if (open > 0) call.fail(CUDA_SUCCESS, format("the context still has %lld objects", open));
  destroy_all(call, context->handle);
  context->legacy->closing = true;
  device.changed.notify_all();
  close_handle(context->handle);
  device.contexts.erase(found);
  device.counts.error = 0;
  return call.status;
}

DRIVER_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice of, unsigned) {
  Call call("cuDevicePrimaryCtxSetFlags", Call::ANYWHERE);
  known(call, of, &of);
  return call.status;
}

DRIVER_API CUresult cuDevicePrimaryCtxGetState(CUdevice of, unsigned *flags, int *active) {
  Call call("cuDevicePrimaryCtxGetState", Call::ANYWHERE);
  if (!known(call, of, flags) || !known(call, of, active)) return call.status;
  *flags = 0;
  *active = device.contexts.count(of);
  return call.status;
}

DRIVER_API CUresult cuCtxSetCurrent(CUcontext context) {
  Call call("cuCtxSetCurrent", Call::ANYWHERE);
  if (call.ok() && (context == nullptr || call.find<Context>(context))) current_context = context;
  return call.status;
}

DRIVER_API CUresult cuCtxGetCurrent(CUcontext *to) {
  Call call("cuCtxGetCurrent", Call::ANYWHERE);
  if (call.require(to != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the context")) *to = current_context;
  return call.status;
}

DRIVER_API CUresult cuProfilerStart() { return Call("cuProfilerStart").status; }

DRIVER_API CUresult cuProfilerStop() { return Call("cuProfilerStop").status; }
