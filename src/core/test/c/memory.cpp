/* Allocations of device memory and of pinned host memory. */
#include "device.h"

static CUdevice device_of(const void *context) {
  Entry entry;
  find_entry(Context::KIND, context, entry);
  return std::static_pointer_cast<Context>(entry.object)->device;
}

/* Of all devices together: tests have no more than one at work. */
static size_t free_bytes() {
  int64_t left = device.settings.memory - static_cast<int64_t>(device.memory.live_bytes());
  return left > 0 ? left : 0;
}

DRIVER_API CUresult cuMemGetInfo_v2(size_t *left, size_t *total) {
  Call call("cuMemGetInfo");
  if (!call.require(left != nullptr && total != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the answer")) return call.status;
  *left = free_bytes();
  *total = device.settings.memory;
  return call.status;
}

DRIVER_API CUresult cuMemAlloc_v2(CUdeviceptr *to, size_t bytes) {
  Call call("cuMemAlloc", Call::UNSAFE);
  call.require(to != nullptr && bytes > 0, CUDA_ERROR_INVALID_VALUE, "no bytes, or null for the address");
  if (!call.ok()) return call.status;
  if (bytes > free_bytes()) return CUDA_ERROR_OUT_OF_MEMORY;
  const Block *block = device.memory.allocate(bytes, current_context);
  if (block == nullptr) return call.fail(CUDA_ERROR_OUT_OF_MEMORY, "the machine has no memory for the software device");
  *to = block->address;
  return call.status;
}

static CUresult release(Call &call, Space &space, uint64_t address) {
  const Block *block = space.block(address);
  if (!call.ok()) return call.end();
  if (block == nullptr || block->address != address || !block->live) {
    return call.fail(CUDA_ERROR_INVALID_VALUE, "not what was allocated: " + space.describe(address));
  }
  if (block->context != current_context) return call.fail(CUDA_ERROR_INVALID_CONTEXT, "memory of another context than the current one");
  std::string problem = space.free(address);
  return problem.empty() ? call.end() : call.fail(CUDA_ERROR_INVALID_VALUE, problem);
}

/* At once: work that is still queued and uses the memory traps. */
DRIVER_API CUresult cuMemFree_v2(CUdeviceptr address) {
  Call call("cuMemFree", Call::UNSAFE_RELEASE);
  return release(call, device.memory, address);
}

DRIVER_API CUresult cuMemHostAlloc(void **to, size_t bytes, unsigned) {
  Call call("cuMemHostAlloc", Call::UNSAFE);
  call.require(to != nullptr && bytes > 0, CUDA_ERROR_INVALID_VALUE, "no bytes, or null for the address");
  if (!call.ok()) return call.status;
  device.pinned.open(true);
  const Block *block = device.pinned.allocate(bytes, current_context);
  if (block == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  *to = reinterpret_cast<void *>(block->address);
  return call.status;
}

DRIVER_API CUresult cuMemFreeHost(void *address) {
  Call call("cuMemFreeHost", Call::UNSAFE_RELEASE);
  return release(call, device.pinned, reinterpret_cast<uint64_t>(address));
}

DRIVER_API CUresult cuPointerGetAttribute(void *to, CUpointer_attribute attribute, CUdeviceptr address) {
  Call call("cuPointerGetAttribute");
  if (!call.require(to != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the answer")) return call.status;
  bool on_device = device.memory.problem(address, 1).empty();
  if (!on_device && !device.pinned.problem(address, 1).empty()) return CUDA_ERROR_INVALID_VALUE;  // as for any other memory
  const Block *block = (on_device ? device.memory : device.pinned).block(address);
  if (attribute == CU_POINTER_ATTRIBUTE_CONTEXT) {
    *static_cast<const void **>(to) = block->context;
  } else if (attribute == CU_POINTER_ATTRIBUTE_MEMORY_TYPE) {
    *static_cast<unsigned *>(to) = on_device ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
  } else if (attribute == CU_POINTER_ATTRIBUTE_RANGE_START_ADDR) {
    *static_cast<CUdeviceptr *>(to) = block->address;
  } else if (attribute == CU_POINTER_ATTRIBUTE_RANGE_SIZE) {
    *static_cast<size_t *>(to) = block->bytes;
  } else if (call.require(attribute == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, CUDA_ERROR_INVALID_VALUE, "an attribute that the double does not know")) {
    *static_cast<int *>(to) = device_of(block->context);
  }
  return call.status;
}
