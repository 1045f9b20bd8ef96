/* Tests of the doubles themselves: a line a case, "ok NAME" or "failed NAME: WHY"; exit code 1 if one failed. */
#include "self_test.h"

#include <cstdio>

static std::string traps() {
  std::string text(software_device_text("traps", nullptr, 0) + 1, '\0');
  software_device_text("traps", &text[0], text.size());
  text.pop_back();
  return text;
}

void require(bool condition, const char *text, int line) {
  if (!condition) throw Failure{"line " + std::to_string(line) + ": " + text};
}

void caught(const char *text, int line, const std::function<void()> &run) {
  int64_t before = software_device_get("traps");
  size_t told = traps().size();
  run();
  bool trapped = software_device_get("traps") > before;
  std::string lines = traps().substr(told);
  require(trapped, (std::string("not caught: ") + text).c_str(), line);
  require(lines.find(text) != std::string::npos, ("\"" + std::string(text) + "\" is not in " + lines).c_str(), line);
  software_device_set("traps", before);
  software_device_set("error", 0);
}

Fixture::Fixture(size_t bytes) {
  OK(cuInit(0));
  OK(cuDevicePrimaryCtxRetain(&context, 0));
  OK(cuCtxSetCurrent(context));
  OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  OK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
  OK(cuMemAlloc_v2(&memory, bytes));
  OK(cuMemHostAlloc(reinterpret_cast<void **>(&pinned), bytes, 0));
}

Fixture::~Fixture() {
  cuStreamSynchronize(stream);
  cuStreamSynchronize(other);
  cuMemFreeHost(pinned);
  cuMemFree_v2(memory);
  cuStreamDestroy_v2(other);
  cuStreamDestroy_v2(stream);
  cuDevicePrimaryCtxRelease_v2(0);
  cuCtxSetCurrent(nullptr);
}

void Fixture::put(CUdeviceptr to, const std::vector<float> &values) {
  OK(cuMemcpyHtoDAsync_v2(to, values.data(), 4 * values.size(), stream));
  OK(cuStreamSynchronize(stream));
}

std::vector<float> Fixture::get(CUdeviceptr from, size_t count) {
  std::vector<float> values(count);
  OK(cuMemcpyDtoHAsync_v2(values.data(), from, 4 * count, stream));
  return values;
}

/* A case must leave nothing open, and nothing caught that it did not expect. */
static std::string run(const Case &test) {
  software_device_set("traps", 0);
  std::string failure;
  try {
    test.run();
  } catch (const Failure &thrown) {
    failure = thrown.what;
  }
  if (failure.empty() && software_device_get("traps") != 0) failure = "caught: " + traps();
  if (failure.empty() && software_device_get("leaks") != 0) failure = "objects are left open";
  return failure;
}

int main() {
  int failures = 0;
  for (auto *cases : {&MEMORY_CASES, &ORDER_CASES, &CAPTURE_CASES, &KERNEL_CASES, &CUDNN_CONVOLUTION_CASES,
                      &CUDNN_OPERATION_CASES, &CUDNN_NORM_CASES, &CUDNN_ENGINE_CASES, &CUDNN_MISUSE_CASES, &NCCL_CASES}) {
    for (const Case &test : *cases) {
      std::string failure = run(test);
      failures += !failure.empty();
      printf(failure.empty() ? "ok %s\n" : "failed %s: %s\n", test.name, failure.c_str());
      fflush(stdout);
    }
  }
  return failures != 0;
}
