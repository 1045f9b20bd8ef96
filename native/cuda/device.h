/*
 * What all kernels use: element types, vectors of elements, and how threads share work. No headers but those of this folder are
 * included. NVRTC compiles the kernels with --std=c++17 --device-as-default-execution-space, which their lambdas need.
 */
#ifndef RESIDUAL_CUDA_DEVICE_H
#define RESIDUAL_CUDA_DEVICE_H

#include "kernels.h"

#ifdef __CUDACC__

/* A kernel, whose arguments are `args`. */
#define KERNEL(name) \
  extern "C" __global__ void __launch_bounds__(BLOCK_THREADS) name(const __grid_constant__ name##_args args)
#define DEVICE static __device__ __forceinline__

DEVICE float float_of_f16(uint16_t bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
}

DEVICE uint16_t f16_of_float(float value) {
  uint16_t bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}

#endif

/* The elements of tensors in memory. */
struct f32 { float value; };
struct bf16 { uint16_t bits; };
struct f16 { uint16_t bits; };

DEVICE float wide(f32 x) { return x.value; }
DEVICE float wide(bf16 x) { return __uint_as_float((uint32_t)x.bits << 16); }
DEVICE float wide(f16 x) { return float_of_f16(x.bits); }
DEVICE float wide(int8_t x) { return (float)x; }
DEVICE float wide(uint8_t x) { return (float)x; }

DEVICE void put(f32 &to, float x) { to.value = x; }
DEVICE void put(f16 &to, float x) { to.bits = f16_of_float(x); }
DEVICE void put(bf16 &to, float x) {
  uint32_t bits = __float_as_uint(x);
  bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  to.bits = (uint16_t)((is_nan ? bits | 0x400000u : bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/* The nearest element of a type, as float. */
template <class T> DEVICE float rounded(float x) {
  T element;
  put(element, x);
  return wide(element);
}

/* Memory that one instruction moves. */
template <int bytes> struct block_of {};
template <> struct alignas(16) block_of<16> { uint32_t words[4]; };
template <> struct alignas(16) block_of<32> { uint32_t words[8]; };
template <> struct alignas(8) block_of<8> { uint32_t words[2]; };
template <> struct block_of<4> { uint32_t words[1]; };
template <> struct block_of<2> { uint16_t words[1]; };
template <> struct block_of<1> { uint8_t words[1]; };

template <class T, int N> union vector {
  block_of<N * (int)sizeof(T)> block;
  T elements[N];
};

template <class T> DEVICE T *at(uint64_t address) { return reinterpret_cast<T *>(address); }

/* Elements as they lie: to be kept until they are used, in few registers. */
template <int N, class T> DEVICE vector<T, N> fetch(const T *from) {
  vector<T, N> v;
  v.block = *reinterpret_cast<const block_of<N * (int)sizeof(T)> *>(from);
  return v;
}

template <int N, class T> DEVICE void widen(const vector<T, N> &v, float (&x)[N]) {
#pragma unroll
  for (int k = 0; k < N; k++) { x[k] = wide(v.elements[k]); }
}

template <int N, class T> DEVICE void load(const T *from, float (&x)[N]) { widen<N>(fetch<N>(from), x); }

template <int N, class T> DEVICE void store(T *to, const vector<T, N> &v) {
  *reinterpret_cast<block_of<N * (int)sizeof(T)> *>(to) = v.block;
}

template <int N, class T> DEVICE void store(T *to, const float (&x)[N]) {
  vector<T, N> v;
#pragma unroll
  for (int k = 0; k < N; k++) { put(v.elements[k], x[k]); }
  store<N>(to, v);
}

template <int N> DEVICE void fill(float (&x)[N], float value) {
#pragma unroll
  for (int k = 0; k < N; k++) { x[k] = value; }
}

/* max(x, 0), which keeps NaN. */
DEVICE float relu_of(float x) { return x <= 0 ? 0 : x; }

DEVICE float negative_infinity() { return __uint_as_float(0xff800000u); }

/* Whether all addresses are those of vectors; absent ones (0) are. */
DEVICE bool aligned(uint64_t a, uint64_t b = 0, uint64_t c = 0, uint64_t d = 0) {
  return ((a | b | c | d) & 15) == 0;
}

/* a / b of numbers that are not negative, without 64 bits where 32 do. */
DEVICE int64_t quotient(int64_t a, int64_t b) {
  return (a | b) >> 31 ? a / b : (int64_t)((uint32_t)a / (uint32_t)b);
}

DEVICE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
DEVICE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

DEVICE int64_t thread_of_grid() { return (int64_t)blockIdx.x * BLOCK_THREADS + threadIdx.x; }
DEVICE int64_t threads_of_grid() { return (int64_t)gridDim.x * BLOCK_THREADS; }

/* A number that is known to the compiler. */
template <int N> struct width { static constexpr int n = N; };

/*
 * Calls f(width<8>, i) for vectors of elements that begin at i, and f(width<1>, i) for single elements, until each index
 * below count was in one call of one thread of the grid.
 */
template <class F> DEVICE void for_elements(int64_t count, bool vectors, F f) {
  for (int64_t i = thread_of_grid() * 8; i < count; i += threads_of_grid() * 8) {
    if (vectors && i + 8 <= count) {
      f(width<8>(), i);
    } else {
      for (int64_t k = i; k < smaller(i + 8, count); k++) { f(width<1>(), k); }
    }
  }
}

/* Calls f<T> for the type of a code. */
#define BY_TYPE(code, f, ...)                    \
  switch (code) {                                \
    case TYPE_F32: f<f32>(__VA_ARGS__); break;   \
    case TYPE_BF16: f<bf16>(__VA_ARGS__); break; \
    default: f<f16>(__VA_ARGS__);                \
  }

/* Calls f<T..., S> for the type S of a code, the types T being given in parentheses. */
#define BY_NEXT_TYPE(code, f, first, ...)               \
  switch (code) {                                       \
    case TYPE_F32: f<first, f32>(__VA_ARGS__); break;   \
    case TYPE_BF16: f<first, bf16>(__VA_ARGS__); break; \
    default: f<first, f16>(__VA_ARGS__);                \
  }

/* Adds what all threads of a block hold, in a fixed order; shared has BLOCK_THREADS places. All threads get the sum. */
template <class V> DEVICE V block_sum(V value, V *shared) {
  int t = threadIdx.x;
  __syncthreads();
  shared[t] = value;
  for (int half = BLOCK_THREADS / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) { shared[t] += shared[t + half]; }
  }
  __syncthreads();
  return shared[0];
}

#endif
