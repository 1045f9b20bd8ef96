/* Kernels: from source to their values. */
#include <memory>

#include "nvrtc_functions.h"
#include "self_test.h"

static const char *const HEADER = R"(
enum { BLOCK_THREADS = 64 };
struct add_args { unsigned long long x, y; long long count; float value; };
)";

static const char *const SOURCE = R"(
#include "shapes/add.h"
KERNEL(add) {
  const float *x = reinterpret_cast<const float *>(args.x);
  float *y = reinterpret_cast<float *>(args.y);
  for (long long i = blockIdx.x * BLOCK_THREADS + threadIdx.x; i < args.count; i += gridDim.x * BLOCK_THREADS) y[i] = x[i] + args.value;
}
)";

struct AddArguments {
  uint64_t x, y;
  int64_t count;
  float value;
  uint32_t padding = 0;  // which would be taken for a part of an address
};

/* The module, or an empty text and the log. */
static std::string compiled(const char *source, std::vector<const char *> options, nvrtcResult expected, std::string &log) {
  const char *headers[] = {HEADER}, *names[] = {"shapes/add.h"};
  nvrtcProgram program = nullptr;
  size_t size = 0;
  REQUIRE(nvrtcCreateProgram(&program, source, "add.cu", 1, headers, names) == NVRTC_SUCCESS);
  nvrtcResult result = nvrtcCompileProgram(program, static_cast<int>(options.size()), options.data());
  REQUIRE(nvrtcGetProgramLogSize(program, &size) == NVRTC_SUCCESS && size > 0);
  log.resize(size);
  REQUIRE(nvrtcGetProgramLog(program, &log[0]) == NVRTC_SUCCESS);
  REQUIRE(nvrtcGetCUBINSize(program, &size) == NVRTC_SUCCESS);
  std::string module(size, '\0');
  REQUIRE(nvrtcGetCUBIN(program, &module[0]) == NVRTC_SUCCESS);
  REQUIRE(nvrtcDestroyProgram(&program) == NVRTC_SUCCESS && program == nullptr);
  REQUIRE(result == expected);
  return module;
}

static const std::string &module_image() {
  static std::string log, image = compiled(SOURCE, {"--gpu-architecture=sm_90", "--std=c++17", "-default-device", "--fmad=false"}, NVRTC_SUCCESS, log);
  return image;
}

class KernelFixture : public Fixture {
 public:
  KernelFixture() {
    OK(cuModuleLoadData(&module, module_image().data()));
    OK(cuModuleGetFunction(&add, module, "add"));
  }
  ~KernelFixture() {
    cuStreamSynchronize(stream);
    if (module != nullptr) cuModuleUnload(module);
  }

  CUresult launch(AddArguments arguments, unsigned grid = 2, unsigned block = 64) {
    void *parameters[] = {&arguments};
    return cuLaunchKernel(add, grid, 1, 1, block, 1, 1, 0, stream, parameters, nullptr);
  }

  CUmodule module = nullptr;
  CUfunction add = nullptr;
};

static void a_kernel_adds() {
  KernelFixture f;
  f.put(f.memory, std::vector<float>(200, 1));
  int64_t launches = software_device_get("launches");
  OK(f.launch({f.memory, f.memory, 200, 2}));
  std::vector<float> values = f.get(f.memory, 201);
  REQUIRE(values[0] == 3 && values[199] == 3 && values[200] != values[200]);
  REQUIRE(software_device_get("launches") == launches + 1);
}

static void a_kernel_writes_too_far() {
  KernelFixture f;
  f.put(f.memory, std::vector<float>(256, 1));
  CAUGHT("byte 1024 of 1024 bytes of device memory", OK(f.launch({f.memory, f.memory + 4, 256, 2})); REQUIRE(cuStreamSynchronize(f.stream) == CUDA_ERROR_ILLEGAL_ADDRESS));
}

static void a_kernel_in_a_graph() {
  KernelFixture f;
  CUgraph graph = nullptr;
  CUgraphExec exec = nullptr;
  f.put(f.memory, {1});
  OK(cuStreamBeginCapture_v2(f.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  OK(f.launch({f.memory, f.memory, 1, 2}));
  OK(cuStreamEndCapture(f.stream, &graph));
  OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
  for (int i = 0; i < 3; i++) OK(cuGraphLaunch(exec, f.stream));
  REQUIRE(f.get(f.memory, 1)[0] == 7);
  OK(cuModuleUnload(f.module));
  f.module = nullptr;
  CAUGHT("the module of the kernel was unloaded", cuGraphLaunch(exec, f.stream));
  CAUGHT("the function was destroyed", f.launch({f.memory, f.memory, 1, 2}));
  OK(cuGraphExecDestroy(exec));
  OK(cuGraphDestroy(graph));
}

static void arguments_that_are_no_device_memory() {
  KernelFixture f;
  auto pageable = std::make_unique<float>(1.0f);
  uint64_t host = reinterpret_cast<uint64_t>(pageable.get()), pinned = reinterpret_cast<uint64_t>(f.pinned);
  CAUGHT("memory of the host", REQUIRE(f.launch({host, f.memory, 1, 2}) == CUDA_ERROR_INVALID_VALUE));
  CAUGHT("argument byte 8", f.launch({f.memory, host, 1, 2}));
  CAUGHT("byte 2048 of 1024 bytes", f.launch({f.memory + 2048, f.memory, 1, 2}));
  OK(f.launch({pinned, f.memory, 1, 2}));  // that the device can read
  CUdeviceptr memory = 0;
  OK(cuMemAlloc_v2(&memory, 1024));
  OK(cuMemFree_v2(memory));
  CAUGHT("which are freed", f.launch({memory, f.memory, 1, 2}));
}

static void launches_of_wrong_shape() {
  KernelFixture f;
  CAUGHT("a grid of 0 blocks in x", f.launch({f.memory, f.memory, 1, 2}, 0));
  CAUGHT("a block of 128 threads, and the kernel takes 64", f.launch({f.memory, f.memory, 1, 2}, 1, 128));
  CAUGHT("a block of 2000 threads in x", f.launch({f.memory, f.memory, 1, 2}, 1, 2000));
}

static void a_module_is_unloaded_too_early() {
  KernelFixture f;
  OK(f.launch({f.memory, f.memory, 1, 2}));
  CAUGHT("launches of its kernels are still queued", cuModuleUnload(f.module));
  f.module = nullptr;
}

static void modules_that_do_not_fit() {
  KernelFixture f;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  REQUIRE(cuModuleLoadData(&module, "no module") == CUDA_ERROR_INVALID_IMAGE);
  REQUIRE(cuModuleGetFunction(&function, f.module, "exp") == CUDA_ERROR_NOT_FOUND);
  software_device_set("compute-capability", 80);
  REQUIRE(cuModuleLoadData(&module, module_image().data()) == CUDA_ERROR_NO_BINARY_FOR_GPU);
  software_device_set("compute-capability", 90);
}

static void what_the_compiler_refuses() {
  std::string log;
  compiled(SOURCE, {"--gpu-architecture=sm_91"}, NVRTC_ERROR_INVALID_OPTION, log);
  REQUIRE(log.find("--gpu-architecture") != std::string::npos);
  compiled(SOURCE, {"-O3"}, NVRTC_ERROR_INVALID_OPTION, log);
  REQUIRE(log.find("unrecognized option -O3") != std::string::npos);
  REQUIRE(compiled("nonsense", {"-arch=sm_80"}, NVRTC_ERROR_COMPILATION, log).empty());
  REQUIRE(log.find("nonsense") != std::string::npos);
}

const std::vector<Case> KERNEL_CASES = {
    {"a kernel adds", a_kernel_adds},
    {"a kernel writes too far", a_kernel_writes_too_far},
    {"a kernel in a graph", a_kernel_in_a_graph},
    {"arguments that are no device memory", arguments_that_are_no_device_memory},
    {"launches of wrong shape", launches_of_wrong_shape},
    {"a module is unloaded too early", a_module_is_unloaded_too_early},
    {"modules that do not fit", modules_that_do_not_fit},
    {"what the compiler refuses", what_the_compiler_refuses},
};
