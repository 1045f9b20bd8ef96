/*
 * The part of CUDA C++ that the kernels of native/cuda use, for the C++ compiler of the host.
 *
 *   c++ -std=c++17 -O2 -shared -fPIC -fvisibility=hidden -fno-strict-aliasing -ffp-contract=off -Wall
 *       -Wno-unknown-pragmas -Wno-maybe-uninitialized -I DIR-OF-THE-HEADERS -include host_cuda.h -x c++ FILE.cu -o MODULE.so
 *
 * makes a library that exports, for each KERNEL(name), an object `name` of type host_cuda_kernel: dlsym(module, "name") is what
 * cuModuleGetFunction answers. host_cuda.cpp, in the library that opens the modules, runs it (host_cuda_launch). A module calls
 * nothing of that library by name: what it needs comes in the block.
 *
 * A kernel is compiled as a function of one thread. `entry` runs threads one after the other, on one stack, until there are
 * no more or one meets a barrier; the launcher then goes on with the next threads on other stacks. So threads that meet no
 * barrier cost no switch. The threads of a block all run on one thread of the host, so __shared__ is a thread_local variable.
 */
#ifndef HOST_CUDA_H
#define HOST_CUDA_H

#include <cstdint>

struct host_cuda_index {
  uint32_t x, y, z;
};

/* A block of threads that is being run. */
struct host_cuda_block {
  const void *args;
  host_cuda_index grid, threads, index; /* gridDim, blockDim, blockIdx */
  uint32_t next;                        /* how many threads have begun */
  bool reversed;                        /* whether they begin with the last */
  void (*barrier)(host_cuda_block *, int line);
};

struct host_cuda_kernel {
  void (*entry)(host_cuda_block *);
  uint32_t args_bytes;   /* of the structure that is its only parameter */
  uint32_t most_threads; /* of a block */
};

#ifndef HOST_CUDA_LAUNCHER

#include <cmath>
#include <cstring>

#define DEVICE static inline
#define __shared__ static thread_local
#define blockIdx (host_cuda_current->index)
#define blockDim (host_cuda_current->threads)
#define gridDim (host_cuda_current->grid)
#define __syncthreads() host_cuda_wait(__LINE__)

static thread_local host_cuda_block *host_cuda_current;
static thread_local host_cuda_index threadIdx;

#define KERNEL(name)                                                                    \
  static void name##_thread(const name##_args &args);                                   \
  static void name##_threads(host_cuda_block *block) {                                  \
    for (uint32_t t; host_cuda_begin(block, t);) {                                      \
      name##_thread(*static_cast<const name##_args *>(block->args));                    \
    }                                                                                   \
  }                                                                                     \
  extern "C" {                                                                          \
  extern const host_cuda_kernel name __attribute__((visibility("default")));            \
  const host_cuda_kernel name = {name##_threads, sizeof(name##_args), BLOCK_THREADS};   \
  }                                                                                     \
  static void name##_thread(const name##_args &args)

static inline bool host_cuda_begin(host_cuda_block *block, uint32_t &t) {
  uint32_t x = block->threads.x, y = block->threads.y, all = x * y * block->threads.z;
  if (block->next == all) { return false; }
  t = block->reversed ? all - 1 - block->next : block->next;
  block->next++;
  host_cuda_current = block;
  threadIdx = {t % x, t / x % y, t / x / y};
  return true;
}

static inline void host_cuda_wait(int line) {
  host_cuda_block *block = host_cuda_current;
  host_cuda_index own = threadIdx;
  block->barrier(block, line);
  host_cuda_current = block;
  threadIdx = own;
}

static inline float __uint_as_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint32_t __float_as_uint(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float float_of_f16(uint16_t bits) {
  _Float16 half;
  memcpy(&half, &bits, sizeof half);
  return (float)half;
}

static inline uint16_t f16_of_float(float value) {
  _Float16 half = (_Float16)value;
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}

#endif
#endif
