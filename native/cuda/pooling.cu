/* Max and average pooling. Each result, and each gradient, is computed by one thread from all that it depends on. */
#include "window.h"

/* Calls f(width<n>, place, index) for groups of n channels in images of these extents; `vectors` if whole ones may be used. */
template <class F> DEVICE void for_places(int64_t images, int height, int width_, int channels, bool vectors, F f) {
  if (vectors && channels % 8 == 0) {
    for (int64_t i = thread_of_grid(); i < images * height * width_ * (channels / 8); i += threads_of_grid()) {
      f(width<8>(), place_of(i, height, width_, channels, 8), i * 8);
    }
  } else {
    for (int64_t i = thread_of_grid(); i < images * height * width_ * channels; i += threads_of_grid()) {
      f(width<1>(), place_of(i, height, width_, channels, 1), i);
    }
  }
}

DEVICE int64_t index_of(int64_t image, int y, int x, int c, int height, int width, int channels) {
  return ((image * height + y) * width + x) * channels + c;
}

/* Places of winners: bytes, or 32-bit integers. */
template <int n> DEVICE void store_places(uint64_t to, int32_t type, int64_t i, const int (&places)[n]) {
  if (type == TYPE_U8) {
    vector<uint8_t, n> bytes;
#pragma unroll
    for (int k = 0; k < n; k++) { bytes.elements[k] = (uint8_t)places[k]; }
    store<n>(at<uint8_t>(to) + i, bytes);
  } else {
#pragma unroll
    for (int k = 0; k < n; k++) { at<int32_t>(to)[i + k] = places[k]; }
  }
}

template <int n> DEVICE void load_places(uint64_t from, int32_t type, int64_t i, int (&places)[n]) {
  if (type == TYPE_U8) {
    vector<uint8_t, n> bytes = fetch<n>(at<uint8_t>(from) + i);
#pragma unroll
    for (int k = 0; k < n; k++) { places[k] = bytes.elements[k]; }
  } else {
#pragma unroll
    for (int k = 0; k < n; k++) { places[k] = at<int32_t>(from)[i + k]; }
  }
}

template <class T> DEVICE void max_pool_places(const max_pool_args &args) {
  const window_shape &s = args.window;
  bool vectors = aligned(args.src, args.dst, args.workspace);
  for_places(s.images, s.out_height, s.out_width, s.channels, vectors, [&](auto w, place to, int64_t i) {
    constexpr int n = w.n;
    float largest[n];
    int places[n];
    fill(largest, negative_infinity());
#pragma unroll
    for (int k = 0; k < n; k++) { places[k] = 0; }
    bool first = true;
    for_window(s, to.y, to.x, [&](int ky, int kx, int y, int x) {
      float v[n];
      load(at<T>(args.src) + index_of(to.image, y, x, to.c, s.height, s.width, s.channels), v);
#pragma unroll
      for (int k = 0; k < n; k++) {
        bool wins = first || v[k] > largest[k] || v[k] != v[k];
        largest[k] = wins ? v[k] : largest[k];
        places[k] = wins ? ky * s.kernel_width + kx : places[k];
      }
      first = false;
    });
    store(at<T>(args.dst) + i, largest);
    if (args.workspace != 0) { store_places(args.workspace, args.workspace_type, i, places); }
  });
}

KERNEL(max_pool) { BY_TYPE(args.type, max_pool_places, args) }

template <class T> DEVICE void max_pool_backward_places(const max_pool_backward_args &args) {
  const window_shape &s = args.window;
  bool vectors = aligned(args.diff_dst, args.diff_src, args.workspace);
  for_places(s.images, s.height, s.width, s.channels, vectors, [&](auto w, place to, int64_t i) {
    constexpr int n = w.n;
    float sum[n];
    fill(sum, 0);
    for_positions(s, to.y, to.x, [&](int ky, int kx, int oy, int ox) {
      int64_t j = index_of(to.image, oy, ox, to.c, s.out_height, s.out_width, s.channels);
      int places[n];
      float g[n];
      load_places(args.workspace, args.workspace_type, j, places);
      load(at<T>(args.diff_dst) + j, g);
#pragma unroll
      for (int k = 0; k < n; k++) { sum[k] += places[k] == ky * s.kernel_width + kx ? g[k] : 0; }
    });
    store(at<T>(args.diff_src) + i, sum);
  });
}

KERNEL(max_pool_backward) { BY_TYPE(args.type, max_pool_backward_places, args) }

/* What each element of a window's mean counts; of padding alone, whose sum is 0, anything. */
DEVICE float part_of(const window_shape &s, int oy, int ox, int32_t include_padding) {
  if (include_padding) { return 1 / ((float)s.kernel_height * (float)s.kernel_width); }
  span rows = kernel_rows(s, oy), columns = kernel_columns(s, ox);
  int64_t inside = (int64_t)(rows.end - rows.first) * (columns.end - columns.first);
  return 1 / (float)larger(inside, 1);
}

template <class T> DEVICE void average_pool_places(const average_pool_args &args) {
  const window_shape &s = args.window;
  bool vectors = aligned(args.src, args.dst);
  for_places(s.images, s.out_height, s.out_width, s.channels, vectors, [&](auto w, place to, int64_t i) {
    constexpr int n = w.n;
    float sum[n];
    fill(sum, 0);
    for_window(s, to.y, to.x, [&](int ky, int kx, int y, int x) {
      float v[n];
      load(at<T>(args.src) + index_of(to.image, y, x, to.c, s.height, s.width, s.channels), v);
#pragma unroll
      for (int k = 0; k < n; k++) { sum[k] += v[k]; }
    });
    float part = part_of(s, to.y, to.x, args.include_padding);
#pragma unroll
    for (int k = 0; k < n; k++) { sum[k] *= part; }
    store(at<T>(args.dst) + i, sum);
  });
}

KERNEL(average_pool) { BY_TYPE(args.type, average_pool_places, args) }

template <class T> DEVICE void average_pool_backward_places(const average_pool_args &args) {
  const window_shape &s = args.window;
  bool vectors = aligned(args.src, args.dst);
  for_places(s.images, s.height, s.width, s.channels, vectors, [&](auto w, place to, int64_t i) {
    constexpr int n = w.n;
    float sum[n];
    fill(sum, 0);
    for_positions(s, to.y, to.x, [&](int ky, int kx, int oy, int ox) {
      float part = part_of(s, oy, ox, args.include_padding);
      float g[n];
      load(at<T>(args.src) + index_of(to.image, oy, ox, to.c, s.out_height, s.out_width, s.channels), g);
#pragma unroll
      for (int k = 0; k < n; k++) { sum[k] += g[k] * part; }
    });
    store(at<T>(args.dst) + i, sum);
  });
}

KERNEL(average_pool_backward) { BY_TYPE(args.type, average_pool_backward_places, args) }

/* The elements of an extent that part i of n has. */
DEVICE span adaptive_part(int64_t i, int64_t n, int64_t extent) {
  return {(int)quotient(i * extent, n), (int)quotient((i + 1) * extent + n - 1, n)};
}

/* The parts of n that have an element. */
DEVICE span parts_with(int64_t element, int64_t n, int64_t extent) {
  return {(int)quotient(element * n, extent), (int)quotient((element + 1) * n + extent - 1, extent)};
}

template <class T> DEVICE void adaptive_pool_places(const adaptive_pool_args &args) {
  bool vectors = aligned(args.src, args.dst);
  for_places(args.images, args.out_height, args.out_width, args.channels, vectors, [&](auto w, place to, int64_t i) {
    constexpr int n = w.n;
    span rows = adaptive_part(to.y, args.out_height, args.height), columns = adaptive_part(to.x, args.out_width, args.width);
    float sum[n];
    fill(sum, 0);
    for (int y = rows.first; y < rows.end; y++) {
      for (int x = columns.first; x < columns.end; x++) {
        float v[n];
        load(at<T>(args.src) + index_of(to.image, y, x, to.c, args.height, args.width, args.channels), v);
#pragma unroll
        for (int k = 0; k < n; k++) { sum[k] += v[k]; }
      }
    }
    float part = 1 / ((float)(rows.end - rows.first) * (float)(columns.end - columns.first));
#pragma unroll
    for (int k = 0; k < n; k++) { sum[k] *= part; }
    store(at<T>(args.dst) + i, sum);
  });
}

KERNEL(adaptive_pool) { BY_TYPE(args.type, adaptive_pool_places, args) }

template <class T> DEVICE void adaptive_pool_backward_places(const adaptive_pool_args &args) {
  bool vectors = aligned(args.src, args.dst);
  for_places(args.images, args.height, args.width, args.channels, vectors, [&](auto w, place to, int64_t i) {
    constexpr int n = w.n;
    span rows = parts_with(to.y, args.out_height, args.height), columns = parts_with(to.x, args.out_width, args.width);
    float sum[n];
    fill(sum, 0);
    for (int y = rows.first; y < rows.end; y++) {
      span high = adaptive_part(y, args.out_height, args.height);
      for (int x = columns.first; x < columns.end; x++) {
        span wide_part = adaptive_part(x, args.out_width, args.width);
        float part = 1 / ((float)(high.end - high.first) * (float)(wide_part.end - wide_part.first));
        float g[n];
        load(at<T>(args.src) + index_of(to.image, y, x, to.c, args.out_height, args.out_width, args.channels), g);
#pragma unroll
        for (int k = 0; k < n; k++) { sum[k] += g[k] * part; }
      }
    }
    store(at<T>(args.dst) + i, sum);
  });
}

KERNEL(adaptive_pool_backward) { BY_TYPE(args.type, adaptive_pool_backward_places, args) }
