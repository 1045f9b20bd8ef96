/* The products of Winograd convolutions: small matrices, whose tile of results stays in registers. */
#ifndef WINOGRAD_PRODUCT_H
#define WINOGRAD_PRODUCT_H

#include "vector.h"

/* Rows of a tile of results, and the vectors in its rows: all registers but those for a row of the right factor. */
#if WIDTH == 16
#define PRODUCT_ROWS 14
#else
#define PRODUCT_ROWS 6
#endif

#define PRODUCT(name, VECTORS)                                                                                       \
  static __attribute__((noinline)) void name(                                                                        \
      const float *restrict left, int64_t pitch, const float *restrict right, int64_t depth, float *restrict to,     \
      int64_t to_pitch) {                                                                                            \
    vec sum[PRODUCT_ROWS][VECTORS];                                                                                  \
    _Pragma("GCC unroll 16") for (int r = 0; r < PRODUCT_ROWS; r++) {                                                \
      _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) { sum[r][v] = splat(0); }                            \
    }                                                                                                                \
    for (int64_t k = 0; k < depth; k++, left++, right += WIDTH * VECTORS) {                                          \
      vec b[VECTORS];                                                                                                \
      _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) { b[v] = load(right + WIDTH * v); }                  \
      _Pragma("GCC unroll 16") for (int r = 0; r < PRODUCT_ROWS; r++) {                                              \
        vec a = splat(left[r * pitch]);                                                                              \
        _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) { sum[r][v] = fma3(a, b[v], sum[r][v]); }          \
      }                                                                                                              \
    }                                                                                                                \
    _Pragma("GCC unroll 16") for (int r = 0; r < PRODUCT_ROWS; r++) {                                                \
      _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) { store(to + r * to_pitch + WIDTH * v, sum[r][v]); } \
    }                                                                                                                \
  }

PRODUCT(product_wide, 2)
PRODUCT(product_narrow, 1)

/* Channels of the right factor that lie together. */
static inline int64_t product_panel(int64_t channels) { return channels % (2 * WIDTH) == 0 ? 2 * WIDTH : WIDTH; }

#endif
