/* The tile of a weight gradient: weights in registers, 256 of them or a few more, summed over the rows of a block. */
#ifndef WEIGHT_TILE_H
#define WEIGHT_TILE_H

#include "product.h"

/* a0 b0 a1 b1 ..., WIDTH of each. */
static inline vec interleave(const uint16_t *a, const uint16_t *b) {
#if HAS_BF16_PRODUCTS
  __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)a));
  __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)b));
  return _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
#else
  (void)a, (void)b; /* images in bf16 are not taken */
  return splat(0);
#endif
}

/* Adds the products of line s of both matrices. */
#define WEIGHT_LINE(MULTIPLY_ADD, ROWS, VECTORS, X_LINE, DY_LINE, s)                                                  \
  {                                                                                                                   \
    vec right[VECTORS];                                                                                               \
    _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) { right[v] = load(dy + (s) * (DY_LINE) + WIDTH * v); }  \
    _Pragma("GCC unroll 24") for (int r = 0; r < ROWS; r++) {                                                         \
      vec left = splat(x[(s) * (X_LINE) + r]);                                                                        \
      _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) {                                                     \
        sum[r][v] = MULTIPLY_ADD(left, right[v], sum[r][v]);                                                          \
      }                                                                                                               \
    }                                                                                                                 \
  }

/*
 * A function that adds x^T * dy to a tile of ROWS by VECTORS * WIDTH weights; the first block overwrites it. The rows of
 * both matrices may be parts of longer ones. Each block is summed for itself: a sum of sums loses less to rounding. A
 * function of its own keeps the sums in registers. Each row of the block fetches one line of what comes next. The floats
 * from line to line may be constants; STEPS lines are written out one after the other, as those of products are.
 */
#define WEIGHT_TILE(name, MULTIPLY_ADD, ROWS, VECTORS, X_LINE, DY_LINE, STEPS)                                        \
  static __attribute__((noinline)) void name(                                                                         \
      const float *restrict x, int64_t x_line, const float *restrict dy, int64_t dy_line, float *restrict c,          \
      int64_t rows, int first, const char *fetch, int64_t fetched) {                                                  \
    vec sum[ROWS][VECTORS];                                                                                           \
    (void)x_line, (void)dy_line;                                                                                      \
    _Pragma("GCC unroll 24") for (int r = 0; r < ROWS; r++) {                                                         \
      _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) {                                                     \
        sum[r][v] = splat(0);                                                                                         \
      }                                                                                                               \
    }                                                                                                                 \
    for (int at = 0; at < ROWS * VECTORS * WIDTH; at += 16) {                                                         \
      _mm_prefetch((const char *)(c + at), _MM_HINT_T0);                                                              \
    }                                                                                                                 \
    int64_t k = 0;                                                                                                    \
    for (; k + STEPS <= rows; k += STEPS, x += STEPS * (X_LINE), dy += STEPS * (DY_LINE)) {                           \
      if (k < fetched) {                                                                                              \
        for (int s = 0; s < STEPS; s++) { _mm_prefetch(fetch + (k + s) * 64, _MM_HINT_T0); }                          \
      }                                                                                                               \
      _Pragma("GCC unroll 4") for (int s = 0; s < STEPS; s++) {                                                       \
        WEIGHT_LINE(MULTIPLY_ADD, ROWS, VECTORS, X_LINE, DY_LINE, s)                                                  \
      }                                                                                                               \
    }                                                                                                                 \
    for (; k < rows; k++, x += (X_LINE), dy += (DY_LINE)) {                                                           \
      WEIGHT_LINE(MULTIPLY_ADD, ROWS, VECTORS, X_LINE, DY_LINE, 0)                                                    \
    }                                                                                                                 \
    _Pragma("GCC unroll 24") for (int r = 0; r < ROWS; r++) {                                                         \
      _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) {                                                     \
        float *to = c + (r * VECTORS + v) * WIDTH;                                                                    \
        store(to, first ? sum[r][v] : add(load(to), sum[r][v]));                                                      \
      }                                                                                                               \
    }                                                                                                                 \
  }

#if WIDTH == 16

WEIGHT_TILE(tile_f32_64, fma3, 4, 4, x_line, dy_line, 1)
WEIGHT_TILE(tile_f32_32, fma3, 8, 2, x_line, dy_line, 1)
WEIGHT_TILE(tile_f32_16, fma3, 16, 1, x_line, dy_line, 1)
WEIGHT_TILE(window_f32_7x1, fma3, 7, 1, x_line, dy_line, 1)
WEIGHT_TILE(window_f32_7x2, fma3, 7, 2, x_line, dy_line, 1)
WEIGHT_TILE(window_f32_12x2, fma3, 12, 2, x_line, dy_line, 1)
WEIGHT_TILE(window_f32_24x1, fma3, 24, 1, x_line, dy_line, 1)
#ifdef __AVX512BF16__
WEIGHT_TILE(tile_bf16_64, dot_bf16, 4, 4, x_line, dy_line, 1)
WEIGHT_TILE(tile_bf16_32, dot_bf16, 8, 2, x_line, dy_line, 1)
WEIGHT_TILE(tile_bf16_16, dot_bf16, 16, 1, x_line, dy_line, 1)
WEIGHT_TILE(window_bf16_7x1, dot_bf16, 7, 1, x_line, dy_line, 1)
WEIGHT_TILE(window_bf16_7x2, dot_bf16, 7, 2, x_line, dy_line, 1)
WEIGHT_TILE(window_bf16_12x2, dot_bf16, 12, 2, x_line, dy_line, 1)
WEIGHT_TILE(window_bf16_24x1, dot_bf16, 24, 1, x_line, dy_line, 1)
#define TILE(bf16, panel) ((bf16) ? tile_bf16_##panel : tile_f32_##panel)
#define WINDOW(bf16, tile) ((bf16) ? window_bf16_##tile : window_f32_##tile)
#else
#define TILE(bf16, panel) ((void)(bf16), tile_f32_##panel)
#define WINDOW(bf16, tile) ((void)(bf16), window_f32_##tile)
#endif

/* Channels of the gradient in a panel; also where windows are taken, and how many of their elements a tile has. */
static inline int64_t weight_panel(int64_t out) { return out % 64 == 0 ? 64 : out % 32 == 0 ? 32 : 16; }
static inline int64_t window_panel(int64_t out) { return out % 32 == 0 ? 32 : 16; }
static inline int64_t window_rows(int64_t window, int64_t panel) { return window % 24 != 0 ? 7 : panel == 32 ? 12 : 24; }

static inline void weight_tile(
    int64_t panel, int bf16, const float *x, const float *dy, float *c, int64_t rows, int first, const char *fetch,
    int64_t lines) {
  int64_t fetched = fetch ? lines : 0;
  switch (panel) {
    case 64: TILE(bf16, 64)(x, 16, dy, 64, c, rows, first, fetch, fetched); break;
    case 32: TILE(bf16, 32)(x, 16, dy, 32, c, rows, first, fetch, fetched); break;
    default: TILE(bf16, 16)(x, 16, dy, 16, c, rows, first, fetch, fetched); break;
  }
}

static inline void window_tile(
    int64_t tile, int64_t panel, int bf16, const float *x, int64_t x_line, const float *dy, int64_t dy_line, float *c,
    int64_t rows, const char *fetch, int64_t lines) {
  int64_t fetched = fetch ? lines : 0;
  switch (tile + panel) {
    case 7 + 16: WINDOW(bf16, 7x1)(x, x_line, dy, dy_line, c, rows, 0, fetch, fetched); break;
    case 7 + 32: WINDOW(bf16, 7x2)(x, x_line, dy, dy_line, c, rows, 0, fetch, fetched); break;
    case 12 + 32: WINDOW(bf16, 12x2)(x, x_line, dy, dy_line, c, rows, 0, fetch, fetched); break;
    default: WINDOW(bf16, 24x1)(x, x_line, dy, dy_line, c, rows, 0, fetch, fetched); break;
  }
}

#else

/* Half as many registers, half as long: 256 weights are several tiles. */
WEIGHT_TILE(tile_6x2, accumulate, 6, 2, 16, 16, 4)
WEIGHT_TILE(tile_4x2, accumulate, 4, 2, 16, 16, 4)
WEIGHT_TILE(window_6x2, accumulate, 6, 2, x_line, dy_line, 1)
WEIGHT_TILE(window_4x2, accumulate, 4, 2, x_line, dy_line, 1)
WEIGHT_TILE(window_3x2, accumulate, 3, 2, x_line, dy_line, 1)

static inline int64_t weight_panel(int64_t out) {
  (void)out;
  return 16;
}
static inline int64_t window_panel(int64_t out) { return weight_panel(out); }
static inline int64_t window_rows(int64_t window, int64_t panel) {
  (void)panel;
  return window % 24 == 0 ? 12 : 7;
}

static inline void weight_tile(
    int64_t panel, int bf16, const float *x, const float *dy, float *c, int64_t rows, int first, const char *fetch,
    int64_t lines) {
  (void)panel, (void)bf16;
  tile_6x2(x, 16, dy, 16, c, rows, first, fetch, fetch ? lines : 0);
  tile_6x2(x + 6, 16, dy, 16, c + 6 * 16, rows, first, NULL, 0);
  tile_4x2(x + 12, 16, dy, 16, c + 12 * 16, rows, first, NULL, 0);
}

static inline void window_tile(
    int64_t tile, int64_t panel, int bf16, const float *x, int64_t x_line, const float *dy, int64_t dy_line, float *c,
    int64_t rows, const char *fetch, int64_t lines) {
  int64_t fetched = fetch ? lines : 0;
  (void)panel, (void)bf16;
  if (tile == 12) {
    window_6x2(x, x_line, dy, dy_line, c, rows, 0, fetch, fetched);
    window_6x2(x + 6, x_line, dy, dy_line, c + 6 * 16, rows, 0, NULL, 0);
  } else {
    window_4x2(x, x_line, dy, dy_line, c, rows, 0, fetch, fetched);
    window_3x2(x + 4, x_line, dy, dy_line, c + 4 * 16, rows, 0, NULL, 0);
  }
}

#endif

#endif
