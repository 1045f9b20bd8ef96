/* What the tests of the doubles share: cases, which use the software device as a program would. */
#ifndef SELF_TEST_H
#define SELF_TEST_H

#include <functional>
#include <string>
#include <vector>

#include "driver_functions.h"
#include "software_device.h"

/* Ends a case that fails. */
struct Failure {
  std::string what;
};

void require(bool condition, const char *text, int line);
#define REQUIRE(condition) require(condition, #condition, __LINE__)
#define OK(call) REQUIRE((call) == CUDA_SUCCESS)

/* Runs something that must be caught: one violation at least, whose line has the text. */
void caught(const char *text, int line, const std::function<void()> &run);
#define CAUGHT(text, ...) caught(text, __LINE__, [&] { __VA_ARGS__; })

struct Case {
  const char *name;
  void (*run)();
};

extern const std::vector<Case> MEMORY_CASES, ORDER_CASES, CAPTURE_CASES, KERNEL_CASES, CUDNN_CONVOLUTION_CASES, CUDNN_OPERATION_CASES,
    CUDNN_NORM_CASES, CUDNN_ENGINE_CASES, CUDNN_MISUSE_CASES, NCCL_CASES;

/* A context, a stream and some memory, which are gone with it. */
class Fixture {
 public:
  explicit Fixture(size_t bytes = 1024);
  ~Fixture();

  /* Floats through pageable memory, with all waits. */
  void put(CUdeviceptr to, const std::vector<float> &values);
  std::vector<float> get(CUdeviceptr from, size_t count);

  CUcontext context = nullptr;
  CUstream stream = nullptr, other = nullptr;
  CUdeviceptr memory = 0;
  float *pinned = nullptr;
};

#endif
