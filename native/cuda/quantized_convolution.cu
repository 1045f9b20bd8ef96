/* The convolution of 8-bit integers by plain loops, with its ends in floating point. */
#include "quantize.h"
#include "window.h"

/* An element of any type but i32, as double. */
DEVICE double element(uint64_t from, int32_t type, int64_t i) {
  switch (type) {
    case TYPE_F32: return wide(at<f32>(from)[i]);
    case TYPE_BF16: return wide(at<bf16>(from)[i]);
    case TYPE_F16: return wide(at<f16>(from)[i]);
    case TYPE_S8: return at<int8_t>(from)[i];
    default: return at<uint8_t>(from)[i];
  }
}

DEVICE void put_element(uint64_t to, int32_t type, int64_t i, double value, double scale) {
  float low, high;
  switch (type) {
    case TYPE_F32: put(at<f32>(to)[i], (float)value); break;
    case TYPE_BF16: put(at<bf16>(to)[i], (float)value); break;
    case TYPE_F16: put(at<f16>(to)[i], (float)value); break;
    default:
      integer_bounds(type, low, high);
      at<uint8_t>(to)[i] = (uint8_t)integer_within((float)rint(value / scale), low, high);
  }
}

template <class S> DEVICE void convolve(const quantized_convolution_args &args) {
  const window_shape &s = args.window;
  int in = s.channels / s.groups, out = s.out_channels / s.groups;
  int64_t count = (int64_t)s.images * s.out_height * s.out_width * s.out_channels;
  for (int64_t i = thread_of_grid(); i < count; i += threads_of_grid()) {
    place to = place_of(i, s.out_height, s.out_width, s.out_channels, 1);
    int64_t sum = 0;
    for_window(s, to.y, to.x, [&](int ky, int kx, int y, int x) {
      const S *a = at<S>(args.src) + ((to.image * s.height + y) * s.width + x) * s.channels + to.c / out * in;
      const int8_t *b = at<int8_t>(args.weights) + (((int64_t)to.c * s.kernel_height + ky) * s.kernel_width + kx) * in;
      int part = 0;
      for (int c = 0; c < in; c++) { part += a[c] * b[c]; }
      sum += part;
    });
    double result = (double)sum * args.src_scale * at<float>(args.weights_scale)[to.c];
    if (args.bias != 0) { result += at<float>(args.bias)[to.c]; }
    if (args.add != 0) { result += element(args.add, args.add_type, i) * args.add_scale; }
    put_element(args.dst, args.dst_type, i, args.relu && result <= 0 ? 0 : result, args.dst_scale);
  }
}

KERNEL(quantized_convolution) {
  if (args.src_type == TYPE_U8) {
    convolve<uint8_t>(args);
  } else {
    convolve<int8_t>(args);
  }
}
