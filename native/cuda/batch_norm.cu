/* Batch norm: statistics in two steps, and what is done with them. */
#include "columns.h"

/* The mean and the sum of squared deviations of some numbers. */
template <class V> struct moments { V count, mean, squares; };

/* Those of two sets (Chan, Golub and LeVeque 1979). */
template <class V> DEVICE moments<V> together(moments<V> a, moments<V> b) {
  if (b.count == 0) { return a; }
  if (a.count == 0) { return b; }
  V count = a.count + b.count, apart = b.mean - a.mean;
  V mean = a.mean + apart * (b.count / count);
  if (mean != mean) { mean = a.mean * (a.count / count) + b.mean * (b.count / count); } /* infinities */
  return {count, mean, a.squares + b.squares + apart * apart * (a.count * b.count / count)};
}

/* Each thread sums what its elements differ from its first: without such a shift, the variance of values far from 0 is lost. */
template <class T, int n> DEVICE void statistics(const norm_statistics_args &args, float *shared) {
  columns c = columns_here<n>(args.rows, args.channels);
  const T *src = at<T>(args.src) + c.channel;
  float shift[n], sum[n], squares[n];
  fill(shift, 0);
  fill(sum, 0);
  fill(squares, 0);
  int64_t count = rows_at(c, c.y);
  if (c.inside && count > 0) {
    load(src + (c.first + c.y) * args.channels, shift);
#pragma unroll
    for (int k = 0; k < n; k++) { shift[k] = shift[k] - shift[k] == 0 ? shift[k] : 0; }
  }
  for_rows<4>(c, [&](auto m, int64_t row) {
    vector<T, n> x[m.n];
#pragma unroll
    for (int j = 0; j < m.n; j++) { x[j] = fetch<n>(src + (row + j * c.down) * args.channels); }
#pragma unroll
    for (int j = 0; j < m.n; j++) {
#pragma unroll
      for (int k = 0; k < n; k++) {
        float apart = wide(x[j].elements[k]) - shift[k];
        sum[k] += apart;
        squares[k] += apart * apart;
      }
    }
  });
#pragma unroll
  for (int k = 0; k < n; k++) {
    float mean = count > 0 ? sum[k] / (float)count : 0;
    float rest = squares[k] - mean * sum[k];
    squares[k] = rest < 0 ? 0 : rest;
    sum[k] = shift[k] + mean;
  }
  for_channels<n>(c, args.channels, sum, squares, shared, [&](int channel, int place) {
    moments<float> all = {0, 0, 0};
    for (int y = 0; y < c.down; y++) {
      int at = place + y * c.across;
      all = together<float>(all, {(float)rows_at(c, y), shared[at], shared[at + n * BLOCK_THREADS]});
    }
    float *partial = at<float>(args.partial) + (int64_t)blockIdx.y * 2 * args.channels + channel;
    partial[0] = all.mean;
    partial[args.channels] = all.squares;
  });
}

template <class T> DEVICE void statistics_of(const norm_statistics_args &args, float *shared) {
  if (args.channels % 8 == 0 && aligned(args.src)) {
    statistics<T, 8>(args, shared);
  } else {
    statistics<T, 1>(args, shared);
  }
}

KERNEL(norm_statistics) {
  __shared__ float shared[2 * 8 * BLOCK_THREADS];
  BY_TYPE(args.type, statistics_of, args, shared)
}

DEVICE void follow(uint64_t running, int64_t c, float momentum, float batch) {
  float *to = at<float>(running) + c;
  *to = (1 - momentum) * *to + momentum * batch;
}

/* What makes a biased variance an unbiased one; a single element has none, it counts as it is. */
DEVICE double unbiased(int64_t rows) { return rows > 1 ? (double)rows / (double)(rows - 1) : 1; }

KERNEL(norm_statistics_total) {
  __shared__ moments<double> shared[BLOCK_THREADS];
  int x = threadIdx.x % TOTAL_CHANNELS, lane = threadIdx.x / TOTAL_CHANNELS;
  for (int64_t i = blockIdx.x; i * TOTAL_CHANNELS < args.channels; i += gridDim.x) {
    int64_t c = i * TOTAL_CHANNELS + x;
    moments<double> all = {0, 0, 0};
    for (int s = lane; s < args.splits && c < args.channels; s += TOTAL_LANES) {
      const float *partial = at<float>(args.partial) + (int64_t)s * 2 * args.channels + c;
      int64_t count = args.rows * (s + 1) / args.splits - args.rows * s / args.splits;
      all = together<double>(all, {(double)count, partial[0], partial[args.channels]});
    }
    __syncthreads();
    shared[threadIdx.x] = all;
    __syncthreads();
    if (lane == 0 && c < args.channels) {
      for (int l = 1; l < TOTAL_LANES; l++) { all = together(all, shared[l * TOTAL_CHANNELS + x]); }
      double variance = all.squares / (double)args.rows;
      at<float>(args.mean)[c] = (float)all.mean;
      at<float>(args.variance)[c] = (float)variance;
      if (args.inverse != 0) { at<float>(args.inverse)[c] = (float)(1 / sqrt(variance + args.epsilon)); }
      if (args.running_mean != 0) { follow(args.running_mean, c, args.momentum, (float)all.mean); }
      if (args.running_variance != 0) {
        follow(args.running_variance, c, args.momentum, (float)(variance * unbiased(args.rows)));
      }
    }
  }
}

KERNEL(running_statistics) {
  for (int64_t c = thread_of_grid(); c < args.channels; c += threads_of_grid()) {
    follow(args.running_mean, c, args.momentum, at<float>(args.mean)[c]);
    follow(args.running_variance, c, args.momentum, (float)(at<float>(args.variance)[c] * unbiased(args.rows)));
  }
}

KERNEL(inverse_deviation) {
  for (int64_t i = thread_of_grid(); i < args.count; i += threads_of_grid()) {
    at<float>(args.inverse)[i] = 1 / sqrtf(at<float>(args.variance)[i] + args.epsilon);
  }
}

KERNEL(variance_of_inverse) {
  for (int64_t i = thread_of_grid(); i < args.count; i += threads_of_grid()) {
    double inverse = at<float>(args.inverse)[i];
    double variance = 1 / (inverse * inverse) - args.epsilon;
    at<float>(args.variance)[i] = (float)(variance < 0 ? 0 : variance);
  }
}

/* What a channel's elements become: (x - mean) * factor + shift. */
struct channel_map { float mean, factor, shift; };

DEVICE channel_map map_of(const norm_apply_args &args, int c) {
  float factor = args.variance == 0 ? 1 : 1 / sqrtf(at<float>(args.variance)[c] + args.epsilon);
  return {args.mean == 0 ? 0 : at<float>(args.mean)[c], args.scale == 0 ? factor : factor * at<float>(args.scale)[c],
      args.shift == 0 ? 0 : at<float>(args.shift)[c]};
}

/* Writes n results and returns the bits of those that a ReLU lets pass. */
template <class T, int n> DEVICE uint32_t apply(
    const norm_apply_args &args, int64_t i, const vector<T, n> &x, const vector<T, n> &z, const channel_map (&maps)[n]) {
  float y[n];
  uint32_t bits = 0;
#pragma unroll
  for (int k = 0; k < n; k++) {
    y[k] = (wide(x.elements[k]) - maps[k].mean) * maps[k].factor + maps[k].shift;
    if (args.add != 0) { y[k] += wide(z.elements[k]); }
    bits |= y[k] <= 0 ? 0 : 1u << k;
    if (args.relu) { y[k] = relu_of(y[k]); }
  }
  store(at<T>(args.dst) + i, y);
  return bits;
}

template <class T> DEVICE void apply_columns(const norm_apply_args &args) {
  columns c = columns_here<8>(args.rows, args.channels);
  channel_map maps[8];
#pragma unroll
  for (int k = 0; k < 8; k++) { maps[k] = c.inside ? map_of(args, c.channel + k) : channel_map{0, 0, 0}; }
  for_rows<2>(c, [&](auto m, int64_t row) {
    vector<T, 8> x[m.n], z[m.n];
    int64_t i = row * args.channels + c.channel, apart = (int64_t)c.down * args.channels;
#pragma unroll
    for (int j = 0; j < m.n; j++) {
      x[j] = fetch<8>(at<T>(args.src) + i + j * apart);
      if (args.add != 0) { z[j] = fetch<8>(at<T>(args.add) + i + j * apart); }
    }
#pragma unroll
    for (int j = 0; j < m.n; j++) {
      uint32_t bits = apply<T, 8>(args, i + j * apart, x[j], z[j], maps);
      if (args.mask != 0) { at<uint8_t>(args.mask)[(i + j * apart) / 8] = (uint8_t)bits; }
    }
  });
}

/* Any number of channels: a thread takes the eight elements of one byte of the mask, whose channels differ. */
template <class T> DEVICE void apply_elements(const norm_apply_args &args) {
  int64_t count = args.rows * args.channels, blocks = (int64_t)gridDim.x * gridDim.y;
  int64_t thread = ((int64_t)blockIdx.y * gridDim.x + blockIdx.x) * BLOCK_THREADS + threadIdx.x;
  for (int64_t first = thread * 8; first < count; first += blocks * BLOCK_THREADS * 8) {
    int c = (int)(first - quotient(first, args.channels) * args.channels);
    uint32_t bits = 0;
    for (int64_t i = first; i < smaller(first + 8, count); i++) {
      channel_map map[1] = {map_of(args, c)};
      vector<T, 1> x = fetch<1>(at<T>(args.src) + i), z = {};
      if (args.add != 0) { z = fetch<1>(at<T>(args.add) + i); }
      bits |= apply<T, 1>(args, i, x, z, map) << (i - first);
      c = c + 1 == args.channels ? 0 : c + 1;
    }
    if (args.mask != 0) { at<uint8_t>(args.mask)[first / 8] = (uint8_t)bits; }
  }
}

template <class T> DEVICE void apply_any(const norm_apply_args &args) {
  if (args.channels % 8 == 0 && aligned(args.src, args.add, args.dst)) {
    apply_columns<T>(args);
  } else {
    apply_elements<T>(args);
  }
}

KERNEL(norm_apply) { BY_TYPE(args.type, apply_any, args) }
