/* The tile of a weight gradient: weights in registers, 256 of them or a few more, summed over the rows of a block. */
#ifndef WEIGHT_TILE_H
#define WEIGHT_TILE_H

/* a0 b0 a1 b1 ..., 16 of each. */
static inline vec interleave(const uint16_t *a, const uint16_t *b) {
  __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)a));
  __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)b));
  return _mm512_castsi512_ps(_mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
}

#define MULTIPLY_F32(a, b, c) fma3(a, b, c)
#define MULTIPLY_BF16(a, b, c) _mm512_dpbf16_ps(c, (__m512bh)(a), (__m512bh)(b))

/*
 * A function that adds x^T * dy to a tile of ROWS by 16 * VECTORS weights; the first block overwrites it. The rows of
 * both matrices may be parts of longer ones. Each block is summed for itself: a sum of sums loses less to rounding. A
 * function of its own keeps the sums in registers. Each row of the block fetches one line of what comes next.
 */
#define WEIGHT_TILE(name, MULTIPLY, ROWS, VECTORS)                                                                  \
  static __attribute__((noinline)) void name(                                                                       \
      const float *restrict x, int64_t x_line, const float *restrict dy, int64_t dy_line, float *restrict c,        \
      int64_t rows, int first, const char *fetch, int64_t fetched) {                                                \
    vec sum[ROWS][VECTORS];                                                                                         \
    _Pragma("GCC unroll 24") for (int r = 0; r < ROWS; r++) {                                                       \
      _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) {                                                   \
        sum[r][v] = splat(0);                                                                                       \
      }                                                                                                             \
    }                                                                                                               \
    for (int at = 0; at < ROWS * VECTORS * 16; at += 16) {                                                          \
      _mm_prefetch((const char *)(c + at), _MM_HINT_T0);                                                            \
    }                                                                                                               \
    for (int64_t k = 0; k < rows; k++, x += x_line, dy += dy_line) {                                                \
      vec right[VECTORS];                                                                                           \
      _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) { right[v] = load(dy + 16 * v); }                   \
      _Pragma("GCC unroll 24") for (int r = 0; r < ROWS; r++) {                                                     \
        vec left = splat(x[r]);                                                                                     \
        _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) {                                                 \
          sum[r][v] = MULTIPLY(left, right[v], sum[r][v]);                                                          \
        }                                                                                                           \
      }                                                                                                             \
      if (k < fetched) {                                                                                            \
        _mm_prefetch(fetch + k * 64, _MM_HINT_T0);                                                                  \
      }                                                                                                             \
    }                                                                                                               \
    _Pragma("GCC unroll 24") for (int r = 0; r < ROWS; r++) {                                                       \
      _Pragma("GCC unroll 4") for (int v = 0; v < VECTORS; v++) {                                                   \
        float *to = c + (r * VECTORS + v) * 16;                                                                     \
        store(to, first ? sum[r][v] : add(load(to), sum[r][v]));                                                    \
      }                                                                                                             \
    }                                                                                                               \
  }

WEIGHT_TILE(tile_f32_64, MULTIPLY_F32, 4, 4)
WEIGHT_TILE(tile_f32_32, MULTIPLY_F32, 8, 2)
WEIGHT_TILE(tile_f32_16, MULTIPLY_F32, 16, 1)
WEIGHT_TILE(window_f32_7x1, MULTIPLY_F32, 7, 1)
WEIGHT_TILE(window_f32_7x2, MULTIPLY_F32, 7, 2)
WEIGHT_TILE(window_f32_12x2, MULTIPLY_F32, 12, 2)
WEIGHT_TILE(window_f32_24x1, MULTIPLY_F32, 24, 1)
#ifdef __AVX512BF16__
WEIGHT_TILE(tile_bf16_64, MULTIPLY_BF16, 4, 4)
WEIGHT_TILE(tile_bf16_32, MULTIPLY_BF16, 8, 2)
WEIGHT_TILE(tile_bf16_16, MULTIPLY_BF16, 16, 1)
WEIGHT_TILE(window_bf16_7x1, MULTIPLY_BF16, 7, 1)
WEIGHT_TILE(window_bf16_7x2, MULTIPLY_BF16, 7, 2)
WEIGHT_TILE(window_bf16_12x2, MULTIPLY_BF16, 12, 2)
WEIGHT_TILE(window_bf16_24x1, MULTIPLY_BF16, 24, 1)
#define TILE(bf16, panel) ((bf16) ? tile_bf16_##panel : tile_f32_##panel)
#define WINDOW(bf16, tile) ((bf16) ? window_bf16_##tile : window_f32_##tile)
#else
#define TILE(bf16, panel) ((void)(bf16), tile_f32_##panel)
#define WINDOW(bf16, tile) ((void)(bf16), window_f32_##tile)
#endif

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

#endif
