/* Memory, handles, contexts and settings. */
#include <cmath>
#include <cstring>
#include <thread>

#include "self_test.h"

static volatile float seen;

static void a_round_trip() {
  Fixture f;
  f.put(f.memory, {1, 2, 3});
  REQUIRE(f.get(f.memory, 3) == std::vector<float>({1, 2, 3}));
  size_t left = 0, total = 0;
  OK(cuMemGetInfo_v2(&left, &total));
  REQUIRE(total - left == 1024 && software_device_get("bytes") == 1024);
}

static void fresh_memory_is_nan() {
  Fixture f;
  for (float value : f.get(f.memory, 256)) REQUIRE(std::isnan(value));
  REQUIRE(std::isnan(f.pinned[255]));
}

static void the_host_reads_device_memory() {
  Fixture f;
  f.put(f.memory, {1});
  CAUGHT("access by the host", seen = *reinterpret_cast<float *>(f.memory));
  REQUIRE(f.get(f.memory, 1)[0] == 1);
}

static void the_host_writes_after_pinned_memory() {
  Fixture f;
  CAUGHT("byte 1024 of 1024 bytes of pinned memory", f.pinned[256] = 1);
}

static void the_host_writes_pinned_memory_that_is_free() {
  Fixture f;
  void *pinned = nullptr;
  OK(cuMemHostAlloc(&pinned, 64, 0));
  OK(cuMemFreeHost(pinned));
  CAUGHT("which are freed", *static_cast<char *>(pinned) = 1);
}

static void copies_beyond_an_allocation() {
  Fixture f;
  CAUGHT("the destination: 1025 bytes from byte 0 of 1024", cuMemcpyHtoDAsync_v2(f.memory, f.pinned, 1025, f.stream));
  CAUGHT("the destination: 4 bytes from byte 1021", cuMemsetD8Async(f.memory + 1021, 0, 4, f.stream));
  CAUGHT("no device memory", cuMemsetD8Async(16, 0, 4, f.stream));
  CAUGHT("device memory where host memory is expected", cuMemcpyHtoDAsync_v2(f.memory, reinterpret_cast<void *>(f.memory), 4, f.stream));
  CAUGHT("not aligned", cuMemsetD32Async(f.memory + 2, 0, 1, f.stream));
  CAUGHT("overlaps", cuMemcpyDtoDAsync_v2(f.memory, f.memory + 4, 8, f.stream));
}

/* 1000 is no multiple of 256: the bytes after it are not in a page of their own. */
static void a_byte_is_written_after_the_end() {
  Fixture f;
  CUdeviceptr memory = 0;
  OK(cuMemAlloc_v2(&memory, 1000));
  char *end = reinterpret_cast<char *>(memory) + 1000;
  auto spoil = [](void *at) { *static_cast<char *>(at) = 1; };
  OK(software_device_enqueue("test", f.stream, "one byte too far", spoil, end, nullptr) ? CUDA_ERROR_UNKNOWN : CUDA_SUCCESS);
  OK(cuStreamSynchronize(f.stream));
  CAUGHT("written 0 bytes after the 1000 bytes", cuMemFree_v2(memory));
}

static void freed_twice() {
  Fixture f;
  CUdeviceptr memory = 0;
  OK(cuMemAlloc_v2(&memory, 8));
  OK(cuMemFree_v2(memory));
  CAUGHT("which are freed", cuMemFree_v2(memory));
  CAUGHT("not what was allocated", cuMemFree_v2(f.memory + 256));
  CAUGHT("which are freed", cuMemsetD8Async(memory, 0, 8, f.stream));
}

static void freed_while_work_is_queued() {
  Fixture f;
  CUdeviceptr memory = 0;
  OK(cuMemAlloc_v2(&memory, 8));
  CAUGHT("which are freed", OK(cuMemsetD8Async(memory, 0, 8, f.stream)); OK(cuMemFree_v2(memory)); REQUIRE(cuStreamSynchronize(f.stream) == CUDA_ERROR_ILLEGAL_ADDRESS);
         REQUIRE(cuMemsetD8Async(f.memory, 0, 8, f.stream) == CUDA_ERROR_ILLEGAL_ADDRESS));
}

static void leaks_are_told() {
  {
    Fixture f;
    CUdeviceptr memory = 0;
    CUevent event = nullptr;
    OK(cuMemAlloc_v2(&memory, 8));
    OK(cuEventCreate(&event, 0));
    REQUIRE(software_device_get("live.event") == 1 && software_device_get("live.memory") == 2);
    CUcontext context = nullptr;
    OK(cuDevicePrimaryCtxRetain(&context, 0));
    OK(cuDevicePrimaryCtxRelease_v2(0));
    OK(cuEventDestroy_v2(event));
    OK(cuMemFree_v2(memory));
  }
  CUcontext context = nullptr;
  CUevent event = nullptr;
  OK(cuDevicePrimaryCtxRetain(&context, 0));
  OK(cuCtxSetCurrent(context));
  OK(cuEventCreate(&event, 0));
  char text[100];
  software_device_text("leaks", text, sizeof text);
  REQUIRE(strstr(text, "1 event") != nullptr);
  CAUGHT("the context still has 1 objects", cuDevicePrimaryCtxRelease_v2(0));
  REQUIRE(software_device_get("leaks") == 0);
}

static void wrong_handles() {
  Fixture f;
  CUevent event = nullptr;
  OK(cuEventCreate(&event, 0));
  CAUGHT("expected: event; given: stream", cuEventRecord(reinterpret_cast<CUevent>(f.stream), f.stream));
  CAUGHT("expected: stream; given: event", cuStreamSynchronize(reinterpret_cast<CUstream>(event)));
  CAUGHT("which is no handle", cuStreamSynchronize(reinterpret_cast<CUstream>(0x1230)));
  CAUGHT("the default stream", cuMemsetD8Async(f.memory, 0, 8, nullptr));
  OK(cuEventDestroy_v2(event));
  CAUGHT("the event was destroyed", cuEventRecord(event, f.stream));
}

static void contexts() {
  Fixture f;
  std::thread([&] { CAUGHT("this thread has no current context", cuMemFree_v2(f.memory)); }).join();
  CAUGHT("no such device", cuDevicePrimaryCtxRetain(&f.context, 1));
  CUdevice none = 0;
  REQUIRE(cuDeviceGet(&none, 1) == CUDA_ERROR_INVALID_DEVICE);
}

static void settings() {
  Fixture f;
  CUdeviceptr memory = 0;
  software_device_set("memory", 4096);
  REQUIRE(cuMemAlloc_v2(&memory, 4096) == CUDA_ERROR_OUT_OF_MEMORY);
  software_device_set("memory", int64_t{8} << 30);
  software_device_set("init", CUDA_ERROR_NO_DEVICE);
  REQUIRE(cuInit(0) == CUDA_ERROR_NO_DEVICE);
  software_device_set("init", 0);
  software_device_set("driver-version", 11040);
  int version = 0;
  OK(cuDriverGetVersion(&version));
  software_device_set("driver-version", 13000);
  REQUIRE(version == 11040 && software_device_get("nothing") == -1);
}

static void objects_of_other_libraries() {
  int object = 0;
  void *handle = software_device_open("thing", &object);
  REQUIRE(software_device_object("test", "thing", handle) == &object && software_device_get("live.thing") == 1);
  CAUGHT("expected: other; given: thing", software_device_object("test", "other", handle));
  REQUIRE(software_device_close("test", "thing", handle) == &object);
  CAUGHT("the thing was destroyed", software_device_close("test", "thing", handle));
}

const std::vector<Case> MEMORY_CASES = {
    {"a round trip", a_round_trip},
    {"fresh memory is NaN", fresh_memory_is_nan},
    {"the host reads device memory", the_host_reads_device_memory},
    {"the host writes after pinned memory", the_host_writes_after_pinned_memory},
    {"the host writes pinned memory that is free", the_host_writes_pinned_memory_that_is_free},
    {"copies beyond an allocation", copies_beyond_an_allocation},
    {"a byte is written after the end", a_byte_is_written_after_the_end},
    {"freed twice", freed_twice},
    {"freed while work is queued", freed_while_work_is_queued},
    {"leaks are told", leaks_are_told},
    {"wrong handles", wrong_handles},
    {"contexts", contexts},
    {"settings", settings},
    {"objects of other libraries", objects_of_other_libraries},
};
