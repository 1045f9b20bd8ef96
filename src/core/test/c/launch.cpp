/* Launches of kernels. */
#include <sys/mman.h>

#include <cstring>

#include "module.h"

namespace {

const uint64_t PAGE = 4096;

/* Heaps, stacks and libraries lie in two parts of the address space; numbers hardly do. */
bool in_host_memory(uint64_t word) {
  unsigned char resident;
  uint64_t part = word >> 40;
  return (part == 0x55 || part == 0x56 || part == 0x7e || part == 0x7f) && mincore(reinterpret_cast<void *>(word / PAGE * PAGE), 1, &resident) == 0;
}

bool allocated(const Space &space, uint64_t address) {
  return space.problem(address, 1).empty() || space.problem(address - 1, 1).empty();  // also the end, for what is empty
}

/* What a word of the arguments is, if it looks like an address that a kernel cannot use. */
std::string bad_address(uint64_t word) {
  for (const Space *space : {&device.memory, &device.pinned}) {
    if (space->used(word)) return allocated(*space, word) ? "" : space->describe(word);
  }
  return in_host_memory(word) ? "memory of the host" : "";
}

std::string shape_problem(const Launch &launch) {
  const uint64_t GRID[] = {2147483647, 65535, 65535}, BLOCK[] = {1024, 1024, 64};
  const uint64_t grid[] = {launch.grid.x, launch.grid.y, launch.grid.z}, block[] = {launch.block.x, launch.block.y, launch.block.z};
  for (int axis = 0; axis < 3; axis++) {
    if (grid[axis] < 1 || grid[axis] > GRID[axis]) return format("a grid of %lu blocks in %c", grid[axis], "xyz"[axis]);
    if (block[axis] < 1 || block[axis] > BLOCK[axis]) return format("a block of %lu threads in %c", block[axis], "xyz"[axis]);
  }
  uint64_t threads = block[0] * block[1] * block[2], most = launch.function->kernel->most_threads;
  return threads <= most ? "" : format("a block of %lu threads, and the kernel takes %lu", threads, most);
}

}  // namespace

std::string launch_problem(const Launch &launch) {
  if (!launch.function->module->loaded) return "the module of the kernel was unloaded";
  for (size_t i = 0; i < launch.arguments.size(); i++) {
    std::string what = bad_address(launch.arguments[i]);
    if (!what.empty()) return format("argument byte %zu is the address %#llx: ", 8 * i, static_cast<unsigned long long>(launch.arguments[i])) + what;
  }
  return "";
}

void count_queued(const Work &work, int change) {
  if (work.launch) work.launch->function->module->queued += change;
}

DRIVER_API CUresult cuLaunchKernel(CUfunction handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                                   unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream_handle,
                                   void **arguments, void **extra) {
  Call call("cuLaunchKernel");
  std::shared_ptr<Function> function = call.find<Function>(handle);
  std::shared_ptr<Stream> stream = call.stream(stream_handle);
  call.require(arguments != nullptr && arguments[0] != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the arguments");
  call.require(extra == nullptr, CUDA_ERROR_NOT_SUPPORTED, "arguments by `extra`, which the double does not know");
  call.require(shared_bytes == 0, CUDA_ERROR_NOT_SUPPORTED, "dynamic shared memory, which the double does not have");
  if (!call.ok()) return call.status;
  auto launch = std::make_shared<Launch>(Launch{function, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, {}});
  launch->arguments.resize((function->kernel->args_bytes + 7) / 8);
  memcpy(launch->arguments.data(), arguments[0], function->kernel->args_bytes);
  std::string problem = shape_problem(*launch);
  if (problem.empty()) problem = launch_problem(*launch);
  if (!problem.empty()) return call.fail(CUDA_ERROR_INVALID_VALUE, function->name + ": " + problem);
  device.counts.launches++;
  Work work;
  work.name = function->name;
  work.launch = launch;
  work.run = [launch] {
    const char *problem = host_cuda_launch(launch->function->kernel, launch->arguments.data(), launch->grid, launch->block);
    return std::string(problem != nullptr ? problem : "");
  };
  return call.launch(stream, std::move(work));
}
