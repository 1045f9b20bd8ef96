/* The mean of each channel of an image, and its gradient. */
#include "columns.h"

/* A block for an image and a tile of its channels. */
template <class T, int n> DEVICE void means(const global_pool_args &args, float *shared) {
  int tiles = (args.channels + CHANNEL_TILE - 1) / CHANNEL_TILE;
  for (int64_t i = blockIdx.x; i < args.images * tiles; i += gridDim.x) {
    int64_t image = quotient(i, tiles);
    int begin = (int)(i - image * tiles) * CHANNEL_TILE;
    columns c = columns_of<n>(begin, args.channels, 0, args.positions);
    const T *src = at<T>(args.src) + image * args.positions * args.channels + c.channel;
    float sum[n], none[n];
    fill(sum, 0);
    fill(none, 0);
    for_rows<4>(c, [&](auto m, int64_t row) {
      vector<T, n> x[m.n];
#pragma unroll
      for (int j = 0; j < m.n; j++) { x[j] = fetch<n>(src + (row + j * c.down) * args.channels); }
#pragma unroll
      for (int j = 0; j < m.n; j++) {
#pragma unroll
        for (int k = 0; k < n; k++) { sum[k] += wide(x[j].elements[k]); }
      }
    });
    __syncthreads();
    for_channels<n>(c, args.channels, sum, none, shared, [&](int channel, int place) {
      float total = 0;
      for (int y = 0; y < c.down; y++) { total += shared[place + y * c.across]; }
      put(at<T>(args.dst)[image * args.channels + channel], total / (float)args.positions);
    });
  }
}

template <class T> DEVICE void means_of(const global_pool_args &args, float *shared) {
  if (args.channels % 8 == 0 && aligned(args.src)) {
    means<T, 8>(args, shared);
  } else {
    means<T, 1>(args, shared);
  }
}

KERNEL(global_pool) {
  __shared__ float shared[2 * 8 * BLOCK_THREADS];
  BY_TYPE(args.type, means_of, args, shared)
}

template <class T> DEVICE void mean_gradients(const global_pool_args &args) {
  float part = 1 / (float)args.positions;
  int64_t image = args.positions * args.channels;
  bool vectors = args.channels % 8 == 0 && aligned(args.src, args.dst);
  for_elements(args.images * image, vectors, [&](auto w, int64_t i) {
    int64_t c = i - quotient(i, args.channels) * args.channels;
    float g[w.n];
    load(at<T>(args.src) + quotient(i, image) * args.channels + c, g);
#pragma unroll
    for (int k = 0; k < w.n; k++) { g[k] *= part; }
    store(at<T>(args.dst) + i, g);
  });
}

KERNEL(global_pool_backward) { BY_TYPE(args.type, mean_gradients, args) }
