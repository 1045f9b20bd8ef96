/* A tile of a convolution's results: some positions by one or two vectors of channels, whose sums stay in registers. */
#ifndef CONVOLUTION_TILE_H
#define CONVOLUTION_TILE_H

#include "product.h"

/* What all tiles of a convolution share. A word is one element in f32, and two in bf16. */
typedef struct {
  int64_t pitch; /* words from one position of the left factor to the next */
  int64_t depth; /* words that are multiplied for each result */
  int64_t out;   /* elements from one position of the results to the next */
  int relu;
} tile_shape;

/* Fetches what the rows of a tile will be added to, or where they will be written. */
static inline __attribute__((always_inline)) void fetch_rows(const char *rows, int64_t bytes, int lines) {
  _Pragma("GCC unroll 16") for (int r = 0; r < PRODUCT_ROWS; r++, rows += bytes) {
    for (int l = 0; l < lines; l++) { __builtin_prefetch(rows + 64 * l, 1, 3); }
  }
}

/*
 * dst = relu(left * right + bias + add) for `rows` of a tile's positions; the left factor holds them all.
 *
 * bias, or null, add, or null, dst and next point to the first channel of the tile; next is the tile to be written after
 * this one, ahead what to fetch of the right factor.
 */
typedef void convolution_tile(
    const tile_shape *shape, const float *left, const float *right, const float *ahead, const float *bias,
    const void *add_to, void *dst, int64_t rows, const void *next);

#define CONVOLUTION_TILE(name, ROWS, VECTORS, BF16, MULTIPLY_ADD)                                              \
  static __attribute__((noinline)) void name(                                                                  \
      const tile_shape *shape, const float *restrict left, const float *restrict right, const float *ahead,    \
      const float *bias, const void *add_to, void *dst, int64_t rows, const void *next) {                      \
    int64_t pitch = shape->pitch, out = shape->out;                                                            \
    vec sum[ROWS][VECTORS];                                                                                    \
    fetch_rows(next, out * (BF16 ? 2 : 4), (VECTORS * WIDTH * (BF16 ? 2 : 4) + 63) / 64);                      \
    MULTIPLY(sum, ROWS, VECTORS, MULTIPLY_ADD, left, pitch, right, shape->depth, ahead)                        \
    _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) {                                                \
      vec start = bias ? load(bias + WIDTH * v) : splat(0);                                                    \
      _Pragma("GCC unroll 16") for (int r = 0; r < ROWS; r++) { sum[r][v] = add(sum[r][v], start); }           \
    }                                                                                                          \
    _Pragma("GCC unroll 16") for (int r = 0; r < ROWS; r++) {                                                  \
      if (r < rows) {                                                                                          \
        _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) {                                            \
          int64_t at = r * out + WIDTH * v;                                                                    \
          vec result = add_to ? add(sum[r][v], get(add_to, at, BF16)) : sum[r][v];                             \
          put(dst, at, shape->relu ? relu(result) : result, BF16);                                             \
        }                                                                                                      \
      }                                                                                                        \
    }                                                                                                          \
  }

CONVOLUTION_TILE(tile_wide, PRODUCT_ROWS, 2, 0, accumulate)
CONVOLUTION_TILE(tile_narrow, PRODUCT_ROWS, 1, 0, accumulate)
CONVOLUTION_TILE(tile_wide_few, FEW_ROWS, 2, 0, accumulate)

#if HAS_BF16_PRODUCTS
CONVOLUTION_TILE(tile_wide_bf16, PRODUCT_ROWS, 2, 1, dot_bf16)
CONVOLUTION_TILE(tile_narrow_bf16, PRODUCT_ROWS, 1, 1, dot_bf16)
CONVOLUTION_TILE(tile_wide_few_bf16, FEW_ROWS, 2, 1, dot_bf16)
#endif

#endif
