/* Copies and fills. Pageable host memory is read before the call returns, and written before it returns; pinned memory is
 * read and written when the stream comes to it. */
#include <cstring>

#include "device.h"

namespace {

bool in_device(Call &call, const char *what, uint64_t address, size_t bytes) {
  std::string problem = device.memory.problem(address, bytes);
  if (call.ok() && !problem.empty()) call.fail(CUDA_ERROR_INVALID_VALUE, std::string(what) + ": " + problem);
  return call.ok();
}

bool in_host(Call &call, const char *what, const void *memory, size_t bytes) {
  uint64_t address = reinterpret_cast<uint64_t>(memory);
  call.require(memory != nullptr, CUDA_ERROR_INVALID_VALUE, "null for host memory");
  call.require(!device.memory.contains(address), CUDA_ERROR_INVALID_VALUE, "device memory where host memory is expected");
  if (!call.ok() || !device.pinned.contains(address)) return call.ok();
  std::string problem = device.pinned.problem(address, bytes);
  if (!problem.empty()) call.fail(CUDA_ERROR_INVALID_VALUE, std::string(what) + ": " + problem);
  return call.ok();
}

bool pinned(const void *memory) { return device.pinned.contains(reinterpret_cast<uint64_t>(memory)); }

CUresult copy(Call &call, const char *name, const std::shared_ptr<Stream> &stream, uint64_t to, uint64_t from, size_t bytes) {
  device.counts.copies++;
  Work work;
  work.name = name;
  work.run = [=] {
    memmove(reinterpret_cast<void *>(to), reinterpret_cast<void *>(from), bytes);
    return std::string();
  };
  return call.push(stream, std::move(work));
}

bool ready(Call &call, const std::shared_ptr<Stream> &stream, size_t bytes) {
  return stream && call.require(bytes > 0, CUDA_ERROR_INVALID_VALUE, "no bytes");
}

CUresult to_device(Call &call, const std::shared_ptr<Stream> &stream, CUdeviceptr to, const void *from, size_t bytes) {
  if (!ready(call, stream, bytes) || !in_device(call, "the destination", to, bytes) || !in_host(call, "the source", from, bytes)) return call.status;
  if (pinned(from)) return copy(call, call.function, stream, to, reinterpret_cast<uint64_t>(from), bytes);
  if (stream->capture) return call.fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a captured copy from memory that is not pinned");
  device.counts.copies++;
  auto staged = std::make_shared<std::string>(static_cast<const char *>(from), bytes);
  Work work;
  work.name = call.function;
  work.run = [=] {
    memcpy(reinterpret_cast<void *>(to), staged->data(), bytes);
    return std::string();
  };
  return call.push(stream, std::move(work));
}

CUresult to_host(Call &call, const std::shared_ptr<Stream> &stream, void *to, CUdeviceptr from, size_t bytes) {
  if (!ready(call, stream, bytes) || !in_device(call, "the source", from, bytes) || !in_host(call, "the destination", to, bytes)) return call.status;
  if (!pinned(to) && stream->capture) return call.fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a captured copy to memory that is not pinned");
  copy(call, call.function, stream, reinterpret_cast<uint64_t>(to), from, bytes);
  if (!pinned(to) && call.ok()) call.wait([&] { return stream->idle(); });
  return call.end();
}

CUresult on_device(Call &call, const std::shared_ptr<Stream> &stream, CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  if (!ready(call, stream, bytes) || !in_device(call, "the destination", to, bytes) || !in_device(call, "the source", from, bytes)) return call.status;
  bool apart = to + bytes <= from || from + bytes <= to;
  call.require(apart, CUDA_ERROR_INVALID_VALUE, "the source overlaps the destination");
  return call.ok() ? copy(call, call.function, stream, to, from, bytes) : call.status;
}

template <class T>
CUresult fill(Call &call, const std::shared_ptr<Stream> &stream, CUdeviceptr to, T value, size_t count) {
  if (!ready(call, stream, count) || !in_device(call, "the destination", to, count * sizeof(T))) return call.status;
  if (!call.require(to % sizeof(T) == 0, CUDA_ERROR_INVALID_VALUE, "the address is not aligned to the value")) return call.status;
  Work work;
  work.name = call.function;
  work.run = [=] {
    std::fill_n(reinterpret_cast<T *>(to), count, value);
    return std::string();
  };
  return call.push(stream, std::move(work));
}

/* The stream of the calls that name none and wait. */
std::shared_ptr<Stream> legacy(Call &call) {
  Entry entry;
  if (!call.ok() || !find_entry(Context::KIND, current_context, entry)) return nullptr;
  return std::static_pointer_cast<Context>(entry.object)->legacy;
}

CUresult waited(Call &call, const std::shared_ptr<Stream> &stream) {
  if (call.ok()) call.wait([&] { return stream->idle(); });
  return call.end();
}

}  // namespace

DRIVER_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  Call call("cuMemcpyHtoDAsync");
  return to_device(call, call.stream(stream), to, from, bytes);
}

DRIVER_API CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Call call("cuMemcpyDtoHAsync");
  return to_host(call, call.stream(stream), to, from, bytes);
}

DRIVER_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Call call("cuMemcpyDtoDAsync");
  return on_device(call, call.stream(stream), to, from, bytes);
}

DRIVER_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
  Call call("cuMemsetD8Async");
  return fill(call, call.stream(stream), to, value, count);
}

DRIVER_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  Call call("cuMemsetD32Async");
  return fill(call, call.stream(stream), to, value, count);
}

DRIVER_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  Call call("cuMemcpyHtoD", Call::UNSAFE);
  std::shared_ptr<Stream> stream = legacy(call);
  to_device(call, stream, to, from, bytes);
  return waited(call, stream);
}

DRIVER_API CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  Call call("cuMemcpyDtoH", Call::UNSAFE);
  std::shared_ptr<Stream> stream = legacy(call);
  to_host(call, stream, to, from, bytes);
  return waited(call, stream);
}

DRIVER_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  Call call("cuMemcpyDtoD", Call::UNSAFE);
  return on_device(call, legacy(call), to, from, bytes);  // copies on the device return at once
}

DRIVER_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
  Call call("cuMemsetD8", Call::UNSAFE);
  return fill(call, legacy(call), to, value, count);
}
