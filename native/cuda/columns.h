/* How the threads of a block share a tile of channels and some rows of a matrix. */
#ifndef RESIDUAL_CUDA_COLUMNS_H
#define RESIDUAL_CUDA_COLUMNS_H

#include "device.h"

/*
 * The place of a thread in a rectangle of `across` threads side by side, each on n channels, and `down` threads one below the
 * other, each on every down-th row; both are powers of two.
 */
struct columns {
  int across, down, x, y;
  int channel; /* the first of this thread */
  bool inside; /* whether it has channels; else it only meets the barriers */
  int64_t first, end; /* the rows of the block */
};

/* The tile of channels that begins at `begin`, and these rows. */
template <int n> DEVICE columns columns_of(int begin, int channels, int64_t first, int64_t end) {
  columns c;
  int groups = (int)smaller((channels - begin + n - 1) / n, CHANNEL_TILE / n);
  c.across = 1;
  while (c.across < groups) { c.across *= 2; }
  c.down = BLOCK_THREADS / c.across;
  c.x = threadIdx.x & (c.across - 1);
  c.y = threadIdx.x / c.across;
  c.channel = begin + c.x * n;
  c.inside = c.x < groups;
  c.first = first;
  c.end = end;
  return c;
}

/* The tile and the rows of a block of a grid of tiles by splits. */
template <int n> DEVICE columns columns_here(int64_t rows, int channels) {
  return columns_of<n>(blockIdx.x * CHANNEL_TILE, channels, rows * blockIdx.y / gridDim.y,
      rows * (blockIdx.y + 1) / gridDim.y);
}

/*
 * Calls f(width<m>, row) for the rows of this thread, where the call is for m rows, `down` apart: as many as are fetched
 * before the first is used.
 */
template <int m, class F> DEVICE void for_rows(const columns &c, F f) {
  if (!c.inside) { return; }
  int64_t row = c.first + c.y;
  for (; row + (m - 1) * c.down < c.end; row += m * c.down) { f(width<m>(), row); }
  for (; row < c.end; row += c.down) { f(width<1>(), row); }
}

/* The rows of the thread at y. */
DEVICE int64_t rows_at(const columns &c, int y) {
  int64_t rows = c.end - c.first - y;
  return rows <= 0 ? 0 : (rows + c.down - 1) / c.down;
}

/*
 * Leaves two numbers for each channel of a thread in shared memory, and calls f(channel, place) in one thread for each
 * channel of the tile: the first numbers lie at place + y * across, the second BLOCK_THREADS * n places further.
 */
template <int n, class F> DEVICE void for_channels(
    const columns &c, int channels, const float (&first)[n], const float (&second)[n], float *shared, F f) {
#pragma unroll
  for (int k = 0; k < n; k++) {
    shared[k * BLOCK_THREADS + threadIdx.x] = first[k];
    shared[(n + k) * BLOCK_THREADS + threadIdx.x] = second[k];
  }
  __syncthreads();
  int k = c.y, channel = c.channel + k;
  if (k < n && channel < channels) { f(channel, k * BLOCK_THREADS + c.x); }
}

/* Eight channels by 32 threads each add what the splits hold: the threads of a group, and where it begins. */
#define TOTAL_CHANNELS 8
#define TOTAL_LANES (BLOCK_THREADS / TOTAL_CHANNELS)

#endif
