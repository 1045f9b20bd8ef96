/* Softmax, its cross-entropy with label smoothing, and the gradient: a block for a row, in double as on the processor. */
#include "device.h"

/* log(sum(exp(x))) of a row whose elements have a stride, in all threads of a block. */
template <class T> DEVICE double log_sum_exp(const T *row, int classes, double *shared, int64_t stride = 1) {
  int t = threadIdx.x;
  float largest = negative_infinity();
  for (int c = t; c < classes; c += BLOCK_THREADS) {
    float x = wide(row[c * stride]);
    largest = x > largest || x != x ? x : largest;
  }
  __syncthreads();
  shared[t] = largest;
  for (int half = BLOCK_THREADS / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t < half) {
      double other = shared[t + half];
      if (other > shared[t] || other != other) { shared[t] = other; }
    }
  }
  __syncthreads();
  double most = shared[0], sum = 0;
#pragma unroll 1
  for (int c = t; c < classes; c += BLOCK_THREADS) { sum += exp(wide(row[c * stride]) - most); }
  return most + log(block_sum(sum, shared));
}

template <class T> DEVICE void softmax_lines(const softmax_args &args, double *shared) {
  for (int64_t n = blockIdx.x; n < args.lines; n += gridDim.x) {
    int64_t outer = quotient(n, args.stride), first = outer * args.extent * args.stride + n - outer * args.stride;
    const T *src = at<T>(args.src) + first;
    double all = log_sum_exp(src, args.extent, shared, args.stride);
    for (int c = threadIdx.x; c < args.extent; c += BLOCK_THREADS) {
      double logarithm = wide(src[c * args.stride]) - all;
      put(at<T>(args.dst)[first + c * args.stride], (float)(args.log ? logarithm : exp(logarithm)));
    }
  }
}

KERNEL(softmax) {
  __shared__ double shared[BLOCK_THREADS];
  BY_TYPE(args.type, softmax_lines, args, shared)
}

DEVICE double not_a_number() { return __uint_as_float(0x7fc00000u); }

/* The targets of the classes of a row, which are those of its label or a number each. */
template <class T> struct row_targets {
  const T *given;
  int label;
  double kept, other;

  double of(int c) const { return (given ? kept * wide(given[c]) : c == label ? kept : 0) + other; }
};

template <class T, class A> DEVICE row_targets<T> targets_of(const A &args, int64_t n) {
  bool is_given = args.targets != 0;
  return {
      is_given ? at<T>(args.targets) + n * args.classes : nullptr, is_given ? 0 : at<int32_t>(args.labels)[n],
      1 - args.smoothing, args.smoothing / args.classes};
}

template <class T> DEVICE void row_losses(const cross_entropy_args &args, double *shared) {
  for (int64_t n = blockIdx.x; n < args.rows; n += gridDim.x) {
    const T *row = at<T>(args.logits) + n * args.classes;
    row_targets<T> targets = targets_of<T>(args, n);
    double all = log_sum_exp(row, args.classes, shared), sum = 0;
    for (int c = threadIdx.x; c < args.classes; c += BLOCK_THREADS) {
      double part = targets.of(c);
      if (part != 0) { sum += part * (all - wide(row[c])); } /* a class that is not asked for may have -infinity */
    }
    sum = block_sum(sum, shared);
    if (threadIdx.x == 0) {
      bool has_class = targets.label >= 0 && targets.label < args.classes;
      at<double>(args.row_losses)[n] = has_class ? sum : not_a_number();
    }
  }
}

KERNEL(cross_entropy) {
  __shared__ double shared[BLOCK_THREADS];
  BY_TYPE(args.type, row_losses, args, shared)
}

template <class T> DEVICE void put_loss(const mean_loss_args &args, double loss) {
  put(*at<T>(args.loss), (float)loss);
}

KERNEL(mean_loss) {
  __shared__ double shared[BLOCK_THREADS];
  double sum = 0;
  for (int64_t n = threadIdx.x; n < args.rows; n += BLOCK_THREADS) { sum += at<double>(args.row_losses)[n]; }
  sum = block_sum(sum, shared);
  if (threadIdx.x == 0) { BY_TYPE(args.type, put_loss, args, args.weight * sum / (double)args.rows) }
}

template <class T> DEVICE void get_wide(uint64_t address, double &value) { value = wide(*at<T>(address)); }

template <class T> DEVICE void row_gradients(const cross_entropy_backward_args &args, double *shared) {
  double scale = args.weight, given = 1;
  if (args.diff_loss != 0) { BY_TYPE(args.diff_loss_type, get_wide, args.diff_loss, given) }
  scale *= given / (double)args.rows;
  for (int64_t n = blockIdx.x; n < args.rows; n += gridDim.x) {
    const T *row = at<T>(args.logits) + n * args.classes;
    row_targets<T> targets = targets_of<T>(args, n);
    double all = log_sum_exp(row, args.classes, shared), sum = 1;
    if (targets.label < 0 || targets.label >= args.classes) { all = not_a_number(); }
    if (targets.given) {
      sum = 0;
      for (int c = threadIdx.x; c < args.classes; c += BLOCK_THREADS) { sum += targets.of(c); }
      sum = block_sum(sum, shared);
    }
#pragma unroll 1
    for (int c = threadIdx.x; c < args.classes; c += BLOCK_THREADS) {
      double part = exp(wide(row[c]) - all) * sum - targets.of(c);
      put(at<T>(args.diff_logits)[n * args.classes + c], (float)(scale * part));
    }
  }
}

KERNEL(cross_entropy_backward) {
  __shared__ double shared[BLOCK_THREADS];
  BY_TYPE(args.type, row_gradients, args, shared)
}
