/* Convolutions and their gradients by plain loops: the last resort. */
#include "window.h"

/* Calls f<S, T>: results have the type of the operands, S, or are f32. */
#define BY_WIDTH(code, f, S, ...)                                                             \
  if (code == TYPE_F32) { f<S, f32>(__VA_ARGS__); } else { f<S, S>(__VA_ARGS__); }


template <class S, class T> DEVICE void convolve(const convolution_args &args) {
  const window_shape &s = args.window;
  const S *src = at<S>(args.src), *weights = at<S>(args.weights);
  int in = s.channels / s.groups, out = s.out_channels / s.groups;
  int64_t count = (int64_t)s.images * s.out_height * s.out_width * s.out_channels;
  for (int64_t i = thread_of_grid(); i < count; i += threads_of_grid()) {
    place to = place_of(i, s.out_height, s.out_width, s.out_channels, 1);
    double sum = 0;
    for_window(s, to.y, to.x, [&](int ky, int kx, int y, int x) {
      const S *a = src + ((to.image * s.height + y) * s.width + x) * s.channels + to.c / out * in;
      const S *b = weights + (((int64_t)to.c * s.kernel_height + ky) * s.kernel_width + kx) * in;
      float part = 0;
      for (int c = 0; c < in; c++) { part += wide(a[c]) * wide(b[c]); }
      sum += part;
    });
    if (args.bias != 0) { sum += at<float>(args.bias)[to.c]; }
    if (args.add != 0) { sum += wide(at<T>(args.add)[i]); }
    float result = (float)sum;
    put(at<T>(args.dst)[i], args.relu ? relu_of(result) : result);
  }
}

template <class S> DEVICE void convolve_from(const convolution_args &args) {
  BY_WIDTH(args.dst_type, convolve, S, args)
}

KERNEL(convolution) { BY_TYPE(args.type, convolve_from, args) }

template <class S, class T> DEVICE void backward_data(const convolution_backward_data_args &args) {
  const window_shape &s = args.window;
  const S *diff_dst = at<S>(args.diff_dst), *weights = at<S>(args.weights);
  int in = s.channels / s.groups, out = s.out_channels / s.groups;
  int64_t kernel = (int64_t)s.kernel_height * s.kernel_width * in;
  int64_t count = (int64_t)s.images * s.height * s.width * s.channels;
  for (int64_t i = thread_of_grid(); i < count; i += threads_of_grid()) {
    place to = place_of(i, s.height, s.width, s.channels, 1);
    int group = to.c / in;
    double sum = 0;
    for_positions(s, to.y, to.x, [&](int ky, int kx, int oy, int ox) {
      const S *a = diff_dst + ((to.image * s.out_height + oy) * s.out_width + ox) * s.out_channels + group * out;
      const S *b = weights + group * out * kernel + ((int64_t)ky * s.kernel_width + kx) * in + (to.c - group * in);
      float part = 0;
      for (int o = 0; o < out; o++, b += kernel) { part += wide(a[o]) * wide(*b); }
      sum += part;
    });
    put(at<T>(args.diff_src)[i], (float)sum);
  }
}

template <class S> DEVICE void backward_data_from(const convolution_backward_data_args &args) {
  BY_WIDTH(args.dst_type, backward_data, S, args)
}

KERNEL(convolution_backward_data) { BY_TYPE(args.type, backward_data_from, args) }

/* Input channels that threads of a block have side by side, and terms summed in float before they join the rest. */
#define ACROSS 32
#define TERMS 64

/* A block for a place of the kernel of an output channel and some input channels; its threads share the positions. */
template <class S, class T> DEVICE void backward_weights(const convolution_backward_weights_args &args, double *shared) {
  const window_shape &s = args.window;
  int in = s.channels / s.groups, out = s.out_channels / s.groups, tiles = (in + ACROSS - 1) / ACROSS;
  int x = threadIdx.x % ACROSS, lane = threadIdx.x / ACROSS;
  int64_t positions = (int64_t)s.images * s.out_height * s.out_width;
  for (int64_t i = blockIdx.x; i < (int64_t)s.out_channels * s.kernel_height * s.kernel_width * tiles; i += gridDim.x) {
    place to = place_of(i, s.kernel_height, s.kernel_width, tiles, 1); /* the output channel is the image */
    int c = to.c * ACROSS + x, o = (int)to.image;
    double sum = 0;
    float part = 0;
    int terms = 0;
    for (int64_t p = lane; p < positions && c < in; p += BLOCK_THREADS / ACROSS) {
      place from = place_of(p, s.out_height, s.out_width, 1, 1);
      int64_t y = (int64_t)from.y * s.stride_height - s.pad_top + (int64_t)to.y * s.dilation_height;
      int64_t column = (int64_t)from.x * s.stride_width - s.pad_left + (int64_t)to.x * s.dilation_width;
      if (y < 0 || y >= s.height || column < 0 || column >= s.width) { continue; }
      float a = wide(at<S>(args.src)[((from.image * s.height + y) * s.width + column) * s.channels + o / out * in + c]);
      part += a * wide(at<S>(args.diff_dst)[p * s.out_channels + o]);
      if (++terms == TERMS) {
        sum += part;
        part = 0;
        terms = 0;
      }
    }
    __syncthreads();
    shared[threadIdx.x] = sum + part;
    __syncthreads();
    if (lane == 0 && c < in) {
      double total = 0;
      for (int l = 0; l < BLOCK_THREADS / ACROSS; l++) { total += shared[l * ACROSS + x]; }
      int64_t place = ((int64_t)o * s.kernel_height + to.y) * s.kernel_width + to.x;
      put(at<T>(args.diff_weights)[place * in + c], (float)total);
    }
  }
}

template <class S> DEVICE void backward_weights_from(const convolution_backward_weights_args &args, double *shared) {
  BY_WIDTH(args.dst_type, backward_weights, S, args, shared)
}

KERNEL(convolution_backward_weights) {
  __shared__ double shared[BLOCK_THREADS];
  BY_TYPE(args.type, backward_weights_from, args, shared)
}
