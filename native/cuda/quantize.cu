/* Floats rounded to integers of 8 bits, and what such integers stand for. */
#include "quantize.h"

/* So near to the middle of two integers, the float product may lie on the wrong side of it. */
#define NEAR_TIE 1e-3f

template <class T> DEVICE void quantize_elements(const quantize_args &args) {
  float low, high;
  integer_bounds(args.dst_type, low, high);
  float inverse = (float)(1 / args.scale);
  for_elements(args.count, aligned(args.src, args.dst), [&](auto w, int64_t i) {
    float x[w.n];
    vector<uint8_t, w.n> bytes;
    load(at<T>(args.src) + i, x);
#pragma unroll
    for (int k = 0; k < w.n; k++) {
      float product = x[k] * inverse;
      float whole = rintf(product);
      if (fabsf(fabsf(product - whole) - 0.5f) < NEAR_TIE) { whole = (float)rint(x[k] / args.scale); }
      bytes.elements[k] = (uint8_t)integer_within(whole, low, high);
    }
    store<w.n>(at<uint8_t>(args.dst) + i, bytes);
  });
}

KERNEL(quantize) { BY_TYPE(args.src_type, quantize_elements, args) }

template <class S, class T> DEVICE void dequantize_elements(const dequantize_args &args) {
  float scale = (float)args.scale;
  for_elements(args.count, aligned(args.src, args.dst), [&](auto w, int64_t i) {
    float x[w.n];
    load(at<S>(args.src) + i, x);
#pragma unroll
    for (int k = 0; k < w.n; k++) { x[k] *= scale; }
    store(at<T>(args.dst) + i, x);
  });
}

KERNEL(dequantize) {
  if (args.src_type == TYPE_U8) {
    BY_NEXT_TYPE(args.dst_type, dequantize_elements, uint8_t, args)
  } else {
    BY_NEXT_TYPE(args.dst_type, dequantize_elements, int8_t, args)
  }
}
