/* The steps of Muon on one parameter. */
#include "tables.h"

KERNEL(muon_direction) {
  float factor = factor_of(args.factor), momentum = args.momentum;
  if (factor == 0) { return; }
  for_elements(args.count, aligned(args.gradient, args.velocity, args.direction), [&](auto w, int64_t i) {
    float g[w.n], v[w.n];
    load(at<f32>(args.gradient) + i, g);
    load(at<f32>(args.velocity) + i, v);
#pragma unroll
    for (int k = 0; k < w.n; k++) {
      g[k] *= factor;
      v[k] = momentum * v[k] + g[k];
      g[k] += momentum * v[k];
    }
    store(at<f32>(args.velocity) + i, v);
    store(at<f32>(args.direction) + i, g);
  });
}

KERNEL(muon_normalize) {
  __shared__ double shared[BLOCK_THREADS];
  if (factor_of(args.factor) == 0) { return; }
  float scale = (float)(1 / (sqrt(sum_of(at<double>(args.partial), args.chunks, shared)) + args.epsilon));
  for_elements(args.count, aligned(args.direction), [&](auto w, int64_t i) {
    float d[w.n];
    load(at<f32>(args.direction) + i, d);
#pragma unroll
    for (int k = 0; k < w.n; k++) { d[k] *= scale; }
    store(at<f32>(args.direction) + i, d);
  });
}

/* The depth of what is held in shared memory, and the edge of the square that a thread computes. */
static constexpr int DEPTH = 16, EDGE = 4;

/* Copies a tile of a matrix, with zeros beyond its end; across says how the inner dimension lies. */
DEVICE void load_tile(
    float (&tile)[DEPTH][PRODUCT_TILE], const float *matrix, int64_t outer_stride, int64_t inner_stride, int outer, int outers,
    int inner, int inners) {
  bool by_inner = inner_stride == 1;
  for (int i = threadIdx.x; i < DEPTH * PRODUCT_TILE; i += BLOCK_THREADS) {
    int d = by_inner ? i % DEPTH : i / PRODUCT_TILE, o = by_inner ? i / DEPTH : i % PRODUCT_TILE;
    bool inside = outer + o < outers && inner + d < inners;
    tile[d][o] = inside ? matrix[(outer + o) * outer_stride + (inner + d) * inner_stride] : 0;
  }
}

KERNEL(matrix_product) {
  __shared__ float first[DEPTH][PRODUCT_TILE], second[DEPTH][PRODUCT_TILE];
  if (factor_of(args.factor) == 0) { return; }
  int across = (args.columns + PRODUCT_TILE - 1) / PRODUCT_TILE, down = (args.rows + PRODUCT_TILE - 1) / PRODUCT_TILE;
  int x = (int)(threadIdx.x % (PRODUCT_TILE / EDGE)) * EDGE, y = (int)(threadIdx.x / (PRODUCT_TILE / EDGE)) * EDGE;
  for (int64_t tile = blockIdx.x; tile < (int64_t)across * down; tile += gridDim.x) {
    int row = (int)(tile / across) * PRODUCT_TILE, column = (int)(tile % across) * PRODUCT_TILE;
    float sums[EDGE][EDGE] = {};
    for (int inner = 0; inner < args.inner; inner += DEPTH) {
      load_tile(first, at<float>(args.first), args.first_row, args.first_column, row, args.rows, inner, args.inner);
      load_tile(second, at<float>(args.second), args.second_column, args.second_row, column, args.columns, inner, args.inner);
      __syncthreads();
      for (int d = 0; d < DEPTH; d++) {
#pragma unroll
        for (int r = 0; r < EDGE; r++) {
#pragma unroll
          for (int c = 0; c < EDGE; c++) { sums[r][c] += first[d][y + r] * second[d][x + c]; }
        }
      }
      __syncthreads();
    }
    for (int r = row + y; r < smaller(row + y + EDGE, args.rows); r++) {
      for (int c = column + x; c < smaller(column + x + EDGE, args.columns); c++) {
        int64_t place = (int64_t)r * args.columns + c;
        float added = args.add == 0 ? 0 : args.beta * at<float>(args.add)[place];
        at<float>(args.dst)[place] = args.alpha * sums[r - row - y][c - column - x] + added + (r == c ? args.diagonal : 0);
      }
    }
  }
}

KERNEL(muon) {
  __shared__ double shared[BLOCK_THREADS];
  if (factor_of(args.factor) == 0) { return; }
  float rate = *at<float>(args.learning_rate), step = rate * args.scale, keep = 1 - rate * args.decay;
  if (args.norm > 0) { keep = (float)(args.norm / sqrt(sum_of(at<double>(args.partial), args.chunks, shared))); }
  for_elements(args.count, aligned(args.parameter, args.direction, args.half), [&](auto w, int64_t i) {
    float p[w.n], d[w.n];
    load(at<f32>(args.parameter) + i, p);
    load(at<f32>(args.direction) + i, d);
#pragma unroll
    for (int k = 0; k < w.n; k++) { p[k] = keep * p[k] - step * d[k]; }
    store(at<f32>(args.parameter) + i, p);
    store_half(args.half, args.half_type, i, p);
  });
}
