/* Functions of the elements of one or two tensors, their gradients, and copies of elements to other places. */
#include "device.h"

/* The smaller and the larger of two, or NaN. */
DEVICE float least(float a, float b) { return a < b || a != a ? a : b; }
DEVICE float most(float a, float b) { return a > b || a != a ? a : b; }

DEVICE float logistic(float x) { return 1 / (1 + expf(-x)); }

/* The probability that a normal variable is below x, and its density. */
DEVICE float below(float x) { return 0.5f * erfcf(-0.707106781f * x); }
DEVICE float density(float x) { return 0.398942280f * expf(-0.5f * x * x); }

DEVICE float function_of(const eltwise_args &args, float x) {
  switch (args.function) {
    case ELTWISE_CLIP: return least(most(x, args.alpha), args.beta);
    case ELTWISE_LEAKY_RELU: return x < 0 ? args.alpha * x : x;
    case ELTWISE_SIGMOID: return logistic(x);
    case ELTWISE_HARD_SIGMOID: return least(most(args.alpha * x + args.beta, 0), 1);
    case ELTWISE_SWISH: return x * logistic(x);
    case ELTWISE_GELU: return x * below(x);
    case ELTWISE_LINEAR: return args.alpha * x + args.beta;
    default: return x * least(most(args.alpha * x + args.beta, 0), 1);
  }
}

template <class T> DEVICE void eltwise_elements(const eltwise_args &args) {
  for_elements(args.count, aligned(args.src, args.dst), [&](auto w, int64_t i) {
    float x[w.n];
    load(at<T>(args.src) + i, x);
#pragma unroll
    for (int k = 0; k < w.n; k++) { x[k] = function_of(args, x[k]); }
    store(at<T>(args.dst) + i, x);
  });
}

KERNEL(eltwise) { BY_TYPE(args.type, eltwise_elements, args) }

/* The gradient of x from that of the function's result. */
DEVICE float gradient_of(const eltwise_backward_args &args, float x, float g) {
  float bounded = args.alpha * x + args.beta, s = logistic(x);
  switch (args.function) {
    case ELTWISE_CLIP: return x <= args.alpha || x >= args.beta ? 0 : g;
    case ELTWISE_LEAKY_RELU: return x <= 0 ? args.alpha * g : g;
    case ELTWISE_SIGMOID: return g * (s * (1 - s));
    case ELTWISE_HARD_SIGMOID: return bounded <= 0 || bounded >= 1 ? 0 : args.alpha * g;
    case ELTWISE_SWISH: return g * (s * (1 + x * (1 - s)));
    case ELTWISE_GELU: return g * (below(x) + x * density(x));
    case ELTWISE_LINEAR: return args.alpha * g;
    default: return bounded <= 0 ? 0 : bounded >= 1 ? g : g * (bounded + args.alpha * x);
  }
}

template <class T> DEVICE void eltwise_gradients(const eltwise_backward_args &args) {
  for_elements(args.count, aligned(args.src, args.diff_dst, args.diff_src), [&](auto w, int64_t i) {
    float x[w.n], g[w.n];
    load(at<T>(args.src) + i, x);
    load(at<T>(args.diff_dst) + i, g);
#pragma unroll
    for (int k = 0; k < w.n; k++) { g[k] = gradient_of(args, x[k], g[k]); }
    store(at<T>(args.diff_src) + i, g);
  });
}

KERNEL(eltwise_backward) { BY_TYPE(args.type, eltwise_gradients, args) }

DEVICE float function_of(int function, float a, float b) {
  switch (function) {
    case BINARY_ADD: return a + b;
    case BINARY_SUB: return a - b;
    case BINARY_MUL: return a * b;
    case BINARY_DIV: return a / b;
    case BINARY_MAX: return a != a || b != b ? a + b : most(a, b);
    default: return a != a || b != b ? a + b : least(a, b);
  }
}

template <class T> DEVICE void binary_elements(const binary_args &args) {
  for (int64_t i = thread_of_grid(); i < args.count; i += threads_of_grid()) {
    int64_t rest = i, first = 0, second = 0;
#pragma unroll
    for (int k = LOOPS - 1; k >= 0; k--) {
      int64_t outer = quotient(rest, args.extents[k]), place = rest - outer * args.extents[k];
      first += place * args.first_strides[k];
      second += place * args.second_strides[k];
      rest = outer;
    }
    float a = wide(at<T>(args.first)[first]), b = wide(at<T>(args.second)[second]);
    put(at<T>(args.dst)[i], function_of(args.function, a, b));
  }
}

KERNEL(binary) { BY_TYPE(args.type, binary_elements, args) }

template <class T> DEVICE void local_response_elements(const local_response_args &args) {
  for (int64_t i = thread_of_grid(); i < args.count; i += threads_of_grid()) {
    int channel = (int)(i - quotient(i, args.channels) * args.channels);
    int first = (int)larger(channel - args.before, 0), last = (int)smaller(channel + args.after, args.channels - 1);
    const T *src = at<T>(args.src) + i;
    float sum = 0;
    for (int c = first; c <= last; c++) {
      float x = wide(src[c - channel]);
      sum += x * x;
    }
    put(at<T>(args.dst)[i], wide(*src) / powf(args.k + args.alpha * sum, args.beta));
  }
}

KERNEL(local_response) { BY_TYPE(args.type, local_response_elements, args) }

DEVICE int64_t distance(int64_t x) { return x < 0 ? -x : x; }

/* The element of src along an axis of `extent`, or -1 for the constant. */
DEVICE int64_t source_of(int64_t place, int64_t extent, int padding) {
  switch (padding) {
    case PADDING_CONSTANT: return place < extent ? larger(place, -1) : -1;
    case PADDING_EDGE: return smaller(larger(place, 0), extent - 1);
    default: return extent - 1 - distance(extent - 1 - distance(place));
  }
}

template <class T> DEVICE void move_elements(const move_args &args) {
  for (int64_t i = thread_of_grid(); i < args.count; i += threads_of_grid()) {
    int64_t rest = i, from = 0;
    bool is_constant = false;
#pragma unroll
    for (int k = LOOPS - 1; k >= 0; k--) {
      int64_t outer = quotient(rest, args.extents[k]), place = rest - outer * args.extents[k];
      int64_t source = source_of(args.starts[k] + place * args.steps[k], args.src_extents[k], args.padding);
      is_constant = is_constant || source < 0;
      from += source * args.src_strides[k];
      rest = outer;
    }
    if (is_constant) {
      put(at<T>(args.dst)[i], args.value);
    } else {
      at<T>(args.dst)[i] = at<T>(args.src)[from];
    }
  }
}

KERNEL(move) { BY_TYPE(args.type, move_elements, args) }
