/* The gradients of batch norm, and sums of gradients over rows. */
#include "columns.h"

/* What the gradient of a result is read from. */
template <class T, int n> struct gradient_vector {
  vector<T, n> diff, add;
  uint32_t bits; /* of those that pass, from the lowest on */
};

template <class T, int n, class Args> DEVICE gradient_vector<T, n> fetch_gradient(const Args &args, int64_t i) {
  gradient_vector<T, n> g;
  g.diff = fetch<n>(at<T>(args.diff_dst) + i);
  if (args.diff_dst_add != 0) { g.add = fetch<n>(at<T>(args.diff_dst_add) + i); }
  g.bits = args.mask == 0 ? 0xffu : (uint32_t)at<uint8_t>(args.mask)[i / 8] >> (i & 7);
  return g;
}

template <class T, int n, class Args> DEVICE void widen_gradient(
    const Args &args, const gradient_vector<T, n> &from, float (&g)[n]) {
  widen<n>(from.diff, g);
#pragma unroll
  for (int k = 0; k < n; k++) {
    if (args.diff_dst_add != 0) { g[k] = rounded<T>(g[k] + wide(from.add.elements[k])); }
    g[k] = from.bits >> k & 1 ? g[k] : 0;
  }
}

template <class T, int n> DEVICE void sums(const gradient_sums_args &args, float *shared) {
  columns c = columns_here<n>(args.rows, args.channels);
  float mean[n], sum[n], products[n];
  fill(mean, 0);
  fill(sum, 0);
  fill(products, 0);
  if (args.src != 0 && c.inside) {
#pragma unroll
    for (int k = 0; k < n; k++) { mean[k] = at<float>(args.mean)[c.channel + k]; }
  }
  for_rows<2>(c, [&](auto m, int64_t row) {
    gradient_vector<T, n> from[m.n];
    vector<T, n> x[m.n];
    int64_t i = row * args.channels + c.channel, apart = (int64_t)c.down * args.channels;
#pragma unroll
    for (int j = 0; j < m.n; j++) {
      from[j] = fetch_gradient<T, n>(args, i + j * apart);
      if (args.src != 0) { x[j] = fetch<n>(at<T>(args.src) + i + j * apart); }
    }
#pragma unroll
    for (int j = 0; j < m.n; j++) {
      float g[n];
      widen_gradient<T, n>(args, from[j], g);
      if (args.diff_add != 0) { store(at<T>(args.diff_add) + i + j * apart, g); }
#pragma unroll
      for (int k = 0; k < n; k++) {
        sum[k] += g[k];
        if (args.src != 0) { products[k] += g[k] * (wide(x[j].elements[k]) - mean[k]); }
      }
    }
  });
  for_channels<n>(c, args.channels, sum, products, shared, [&](int channel, int place) {
    float total = 0, total_products = 0;
    for (int y = 0; y < c.down; y++) {
      total += shared[place + y * c.across];
      total_products += shared[place + y * c.across + n * BLOCK_THREADS];
    }
    float *partial = at<float>(args.partial) + (int64_t)blockIdx.y * 2 * args.channels + channel;
    partial[0] = total;
    partial[args.channels] = total_products;
  });
}

template <class T> DEVICE void sums_of(const gradient_sums_args &args, float *shared) {
  if (args.channels % 8 == 0 && aligned(args.src, args.diff_dst, args.diff_dst_add, args.diff_add)) {
    sums<T, 8>(args, shared);
  } else {
    sums<T, 1>(args, shared);
  }
}

KERNEL(gradient_sums) {
  __shared__ float shared[2 * 8 * BLOCK_THREADS];
  BY_TYPE(args.type, sums_of, args, shared)
}

KERNEL(gradient_sums_total) {
  __shared__ double shared[2 * BLOCK_THREADS];
  int x = threadIdx.x % TOTAL_CHANNELS, lane = threadIdx.x / TOTAL_CHANNELS;
  for (int64_t i = blockIdx.x; i * TOTAL_CHANNELS < args.channels; i += gridDim.x) {
    int64_t c = i * TOTAL_CHANNELS + x;
    double sum = 0, products = 0;
    for (int s = lane; s < args.splits && c < args.channels; s += TOTAL_LANES) {
      const float *partial = at<float>(args.partial) + (int64_t)s * 2 * args.channels + c;
      sum += partial[0];
      products += partial[args.channels];
    }
    __syncthreads();
    shared[threadIdx.x] = sum;
    shared[BLOCK_THREADS + threadIdx.x] = products;
    __syncthreads();
    if (lane == 0 && c < args.channels) {
      for (int l = 1; l < TOTAL_LANES; l++) {
        sum += shared[l * TOTAL_CHANNELS + x];
        products += shared[BLOCK_THREADS + l * TOTAL_CHANNELS + x];
      }
      at<float>(args.diff_shift)[c] = (float)sum;
      if (args.diff_scale != 0) {
        double deviation = sqrt((double)at<float>(args.variance)[c] + args.epsilon);
        at<float>(args.diff_scale)[c] = (float)(products / deviation);
      }
    }
  }
}

template <class T, int n> DEVICE void backward(const norm_backward_args &args) {
  columns c = columns_here<n>(args.rows, args.channels);
  float mean[n], factor[n], first[n], second[n]; /* diff_src = factor * (g - first - (src - mean) * second) */
  fill(mean, 0);
  fill(first, 0);
  fill(second, 0);
#pragma unroll
  for (int k = 0; k < n && c.inside; k++) {
    int channel = c.channel + k;
    float inverse = 1 / sqrtf(at<float>(args.variance)[channel] + args.epsilon);
    factor[k] = at<float>(args.scale)[channel] * inverse;
    if (!args.frozen) {
      mean[k] = at<float>(args.mean)[channel];
      first[k] = at<float>(args.diff_shift)[channel] / (float)args.count;
      second[k] = at<float>(args.diff_scale)[channel] * inverse / (float)args.count;
    }
  }
  for_rows<2>(c, [&](auto m, int64_t row) {
    gradient_vector<T, n> from[m.n];
    vector<T, n> x[m.n];
    int64_t i = row * args.channels + c.channel, apart = (int64_t)c.down * args.channels;
#pragma unroll
    for (int j = 0; j < m.n; j++) {
      from[j] = fetch_gradient<T, n>(args, i + j * apart);
      if (!args.frozen) { x[j] = fetch<n>(at<T>(args.src) + i + j * apart); }
    }
#pragma unroll
    for (int j = 0; j < m.n; j++) {
      float g[n];
      widen_gradient<T, n>(args, from[j], g);
#pragma unroll
      for (int k = 0; k < n; k++) {
        if (!args.frozen) { g[k] -= first[k] + (wide(x[j].elements[k]) - mean[k]) * second[k]; }
        g[k] *= factor[k];
      }
      store(at<T>(args.diff_src) + i + j * apart, g);
    }
  });
}

template <class T> DEVICE void backward_any(const norm_backward_args &args) {
  if (args.channels % 8 == 0 && aligned(args.src, args.diff_dst, args.diff_dst_add, args.diff_src)) {
    backward<T, 8>(args);
  } else {
    backward<T, 1>(args);
  }
}

KERNEL(norm_backward) { BY_TYPE(args.type, backward_any, args) }
