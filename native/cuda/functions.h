/* The arguments of the kernels in functions.cu. `kernels.h` includes this and says what holds for all kernels. */
#ifndef RESIDUAL_CUDA_FUNCTIONS_H
#define RESIDUAL_CUDA_FUNCTIONS_H

enum eltwise_function {
  ELTWISE_CLIP = 0,         /* min(max(x, alpha), beta) */
  ELTWISE_LEAKY_RELU = 1,   /* x < 0 ? alpha * x : x */
  ELTWISE_SIGMOID = 2,      /* 1 / (1 + exp(-x)) */
  ELTWISE_HARD_SIGMOID = 3, /* min(max(alpha * x + beta, 0), 1) */
  ELTWISE_HARD_SWISH = 4,   /* x * min(max(alpha * x + beta, 0), 1) */
  ELTWISE_SWISH = 5,        /* x / (1 + exp(-x)) */
  ELTWISE_GELU = 6,         /* x (1 + erf(x / sqrt(2))) / 2 */
  ELTWISE_LINEAR = 7        /* alpha * x + beta */
};

/* dst = function(src). ELEMENTS(count). In place is allowed. */
typedef struct eltwise_args {
  uint64_t src, dst;
  int64_t count;
  float alpha, beta;
  int32_t function, type;
} eltwise_args;

/* diff_src = diff_dst * function'(src). ELEMENTS(count). diff_src may be either. */
typedef struct eltwise_backward_args {
  uint64_t src, diff_dst, diff_src;
  int64_t count;
  float alpha, beta;
  int32_t function, type;
} eltwise_backward_args;

enum binary_function { BINARY_ADD = 0, BINARY_SUB = 1, BINARY_MUL = 2, BINARY_DIV = 3, BINARY_MAX = 4, BINARY_MIN = 5 };

/*
 * dst = function(first, second). The loops run over dst, the last one innermost, whose elements lie one behind the other; a
 * stride of 0 repeats an element. ELEMENTS(count).
 */
typedef struct binary_args {
  uint64_t first, second, dst;
  int64_t count;
  int64_t extents[LOOPS], first_strides[LOOPS], second_strides[LOOPS];
  int32_t function, type;
} binary_args;

/* dst = src / (k + alpha * sum(src^2))^beta; the sum is over channels c - before to c + after. ELEMENTS(count). */
typedef struct local_response_args {
  uint64_t src, dst;
  int64_t count;
  float alpha, beta, k;
  int32_t channels, before, after, type;
} local_response_args;

enum padding { PADDING_CONSTANT = 0, PADDING_EDGE = 1, PADDING_REFLECT = 2 };

/*
 * Copies elements. The loops run over dst as in `binary`; along each, element i is element starts + i * steps of src, which
 * has src_extents and lies at src_strides. `padding` says what stands for elements beyond. ELEMENTS(count).
 */
typedef struct move_args {
  uint64_t src, dst;
  int64_t count;
  int64_t extents[LOOPS], src_strides[LOOPS], src_extents[LOOPS], starts[LOOPS], steps[LOOPS];
  float value;
  int32_t padding, type;
} move_args;

#endif
