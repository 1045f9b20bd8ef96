/* What depends on the element of the same index alone. */
#include "device.h"

template <class T> DEVICE void relu_elements(const relu_args &args) {
  for_elements(args.count, aligned(args.src, args.dst), [&](auto w, int64_t i) {
    float x[w.n];
    load(at<T>(args.src) + i, x);
#pragma unroll
    for (int k = 0; k < w.n; k++) { x[k] = relu_of(x[k]); }
    store(at<T>(args.dst) + i, x);
  });
}

KERNEL(relu) { BY_TYPE(args.type, relu_elements, args) }

template <class T> DEVICE void relu_backward_elements(const relu_backward_args &args) {
  for_elements(args.count, aligned(args.dst, args.diff_dst, args.diff_src), [&](auto w, int64_t i) {
    float y[w.n], g[w.n];
    load(at<T>(args.dst) + i, y);
    load(at<T>(args.diff_dst) + i, g);
#pragma unroll
    for (int k = 0; k < w.n; k++) { g[k] = y[k] <= 0 ? 0 : g[k]; }
    store(at<T>(args.diff_src) + i, g);
  });
}

KERNEL(relu_backward) { BY_TYPE(args.type, relu_backward_elements, args) }

template <class T> DEVICE void add_elements(const add_args &args) {
  for_elements(args.count, aligned(args.first, args.second, args.dst), [&](auto w, int64_t i) {
    float x[w.n], y[w.n];
    load(at<T>(args.first) + i, x);
    load(at<T>(args.second) + i, y);
#pragma unroll
    for (int k = 0; k < w.n; k++) { x[k] += y[k]; }
    store(at<T>(args.dst) + i, x);
  });
}

KERNEL(add) { BY_TYPE(args.type, add_elements, args) }

template <class S, class T> DEVICE void cast_elements(const cast_args &args) {
  for_elements(args.count, aligned(args.src, args.dst), [&](auto w, int64_t i) {
    float x[w.n];
    load(at<S>(args.src) + i, x);
    store(at<T>(args.dst) + i, x);
  });
}

template <class S> DEVICE void cast_from(const cast_args &args) {
  BY_NEXT_TYPE(args.dst_type, cast_elements, S, args)
}

KERNEL(cast) { BY_TYPE(args.src_type, cast_from, args) }
