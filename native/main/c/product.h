/* Products of small matrices, whose tile of results stays in registers. */
#ifndef PRODUCT_H
#define PRODUCT_H

#include "vector.h"

/*
 * Rows of a tile of results, which with the vectors in its rows take all registers but those for a row of the right
 * factor; and the rows of a tile where few are left.
 */
#if WIDTH == 16
#define PRODUCT_ROWS 14
#define FEW_ROWS 8
#else
#define PRODUCT_ROWS 6
#define FEW_ROWS 4
#endif

/* Rows of the next tile, so that all tiles of the rows left have few rows too many. */
static inline int64_t tile_rows(int64_t left) {
  int one = left <= FEW_ROWS, two = left > PRODUCT_ROWS && left <= 2 * FEW_ROWS;
  return one || two ? FEW_ROWS : PRODUCT_ROWS;
}

/* Channels of the right factor that lie together. */
static inline int64_t product_panel(int64_t channels) { return channels % (2 * WIDTH) == 0 ? 2 * WIDTH : WIDTH; }

/*
 * Steps of a product that are written out one after the other, and how many of them fetch one line of memory: where a
 * thread shares its core with another one, it gets half of the instructions that the core can begin in a cycle, and what
 * counts and fetches must not take them from the products.
 */
#if WIDTH == 8
#define UNROLLED_STEPS 8
#define STEPS_A_LINE 4
#else
#define UNROLLED_STEPS 1
#define STEPS_A_LINE 1
#endif

/*
 * What to fetch during the product of a tile, line by line: of the right factor's next panel, what the tiles before this one
 * have left; else what is there already.
 */
static inline const float *panel_ahead(
    const float *right, int64_t depth, int64_t panel, const float *next_panel, int64_t tile) {
  int64_t fetched = 16 / STEPS_A_LINE * tile;
  return fetched < panel ? next_panel + fetched * depth : right;
}

#if defined(__AVX512BF16__)
#define HAS_BF16_PRODUCTS 1
/* Both products of two pairs of bf16 elements are added, in f32. */
static inline vec dot_bf16(vec a, vec b, vec sum) { return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b); }
/* Elements rounded to bf16, in the low halves of words, and in the high halves of words that have low ones. */
static inline vec low_bf16(vec v) {
  return _mm512_castsi512_ps(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(v)));
}
static inline vec high_bf16(vec v, vec low) {
  __m512i high = _mm512_slli_epi32(_mm512_castps_si512(low_bf16(v)), 16);
  return _mm512_castsi512_ps(_mm512_or_si512(high, _mm512_castps_si512(low)));
}
#else
#define HAS_BF16_PRODUCTS 0
#endif

/*
 * Stores element k of WIDTH channels of the right factor: f32 as it is, bf16 in one half of a word, the first element of
 * two before the second.
 */
static inline void store_weights(float *to, int64_t panel, int64_t k, vec weights, int pairs) {
#if HAS_BF16_PRODUCTS
  if (pairs) {
    float *word = to + k / 2 * panel;
    store(word, k % 2 == 0 ? low_bf16(weights) : high_bf16(weights, load(word)));
    return;
  }
#endif
  (void)pairs;
  store(to + k * panel, weights);
}

/* sum + a * b, where it is: a compiler that may choose another register for it spills some of those that it has. */
static inline __attribute__((always_inline)) vec accumulate(vec a, vec b, vec sum) {
#if WIDTH == 8
  asm volatile("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
  return sum;
#else
  return fma3(a, b, sum);
#endif
}

/* Element k of row r of a left factor; `lower` is its row 3. Both numbers are constants. */
static inline __attribute__((always_inline)) vec left_element(
    const float *left, const float *lower, int64_t pitch, int r, int k) {
#if WIDTH == 8
  /* All addresses of six rows are sums of these three registers, which the compiler does not find; MEMORY is what is read. */
#define MEMORY "m"(*(const float(*)[])base)
  vec v;
  const float *base = r < 3 ? left : lower;
  int64_t bytes = pitch * (int64_t)sizeof(float);
  switch (r % 3) {
    case 0: asm volatile("vbroadcastss %c2(%1), %0" : "=x"(v) : "r"(base), "i"(4 * k), MEMORY); break;
    case 1: asm volatile("vbroadcastss %c3(%1,%2), %0" : "=x"(v) : "r"(base), "r"(bytes), "i"(4 * k), MEMORY); break;
    default: asm volatile("vbroadcastss %c3(%1,%2,2), %0" : "=x"(v) : "r"(base), "r"(bytes), "i"(4 * k), MEMORY); break;
  }
#undef MEMORY
  return v;
#else
  (void)lower;
  return splat(left[r * pitch + k]);
#endif
}

/* Step k: adds the products of one column of the left factor and one row of the right one. */
#define MULTIPLY_STEP(sum, ROWS, VECTORS, MULTIPLY_ADD, left, lower, pitch, right, ahead, k)                        \
  {                                                                                                                 \
    vec b[VECTORS];                                                                                                 \
    if ((k) % STEPS_A_LINE == 0) { __builtin_prefetch(ahead + 16 * ((k) / STEPS_A_LINE), 0, 2); }                   \
    _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) { b[v] = load(right + WIDTH * (VECTORS * (k) + v)); } \
    _Pragma("GCC unroll 16") for (int r = 0; r < ROWS; r++) {                                                       \
      vec a = left_element(left, lower, pitch, r, k);                                                               \
      _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) { sum[r][v] = MULTIPLY_ADD(a, b[v], sum[r][v]); }   \
    }                                                                                                               \
  }

/* sum = left * right */
#define MULTIPLY(sum, ROWS, VECTORS, MULTIPLY_ADD, left, pitch, right, depth, ahead)                                \
  _Pragma("GCC unroll 16") for (int r = 0; r < ROWS; r++) {                                                         \
    _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) { sum[r][v] = splat(0); }                             \
  }                                                                                                                 \
  const float *lower = left + 3 * pitch;                                                                            \
  int64_t steps = depth;                                                                                            \
  for (; steps >= UNROLLED_STEPS; steps -= UNROLLED_STEPS) {                                                        \
    _Pragma("GCC unroll 8") for (int k = 0; k < UNROLLED_STEPS; k++) {                                              \
      MULTIPLY_STEP(sum, ROWS, VECTORS, MULTIPLY_ADD, left, lower, pitch, right, ahead, k)                          \
    }                                                                                                               \
    left += UNROLLED_STEPS;                                                                                         \
    lower += UNROLLED_STEPS;                                                                                        \
    right += WIDTH * VECTORS * UNROLLED_STEPS;                                                                      \
    ahead += 16 * UNROLLED_STEPS / STEPS_A_LINE;                                                                    \
  }                                                                                                                 \
  for (; steps > 0; steps--, left++, lower++, right += WIDTH * VECTORS) {                                           \
    MULTIPLY_STEP(sum, ROWS, VECTORS, MULTIPLY_ADD, left, lower, pitch, right, ahead, 0)                            \
  }

/* to = left * right */
typedef void matrix_product(
    const float *left, int64_t pitch, const float *right, int64_t depth, const float *ahead, float *to,
    int64_t to_pitch);

#define MATRIX_PRODUCT(name, ROWS, VECTORS, MULTIPLY_ADD)                                                            \
  static __attribute__((noinline)) void name(                                                                        \
      const float *restrict left, int64_t pitch, const float *restrict right, int64_t depth, const float *ahead,     \
      float *restrict to, int64_t to_pitch) {                                                                        \
    vec sum[ROWS][VECTORS];                                                                                          \
    MULTIPLY(sum, ROWS, VECTORS, MULTIPLY_ADD, left, pitch, right, depth, ahead)                                     \
    _Pragma("GCC unroll 16") for (int r = 0; r < ROWS; r++) {                                                        \
      _Pragma("GCC unroll 2") for (int v = 0; v < VECTORS; v++) { store(to + r * to_pitch + WIDTH * v, sum[r][v]); } \
    }                                                                                                                \
  }

MATRIX_PRODUCT(product_wide, PRODUCT_ROWS, 2, accumulate)
MATRIX_PRODUCT(product_narrow, PRODUCT_ROWS, 1, accumulate)
MATRIX_PRODUCT(product_wide_few, FEW_ROWS, 2, accumulate)
MATRIX_PRODUCT(product_narrow_few, FEW_ROWS, 1, accumulate)
#if HAS_BF16_PRODUCTS
MATRIX_PRODUCT(product_wide_bf16, PRODUCT_ROWS, 2, dot_bf16)
MATRIX_PRODUCT(product_narrow_bf16, PRODUCT_ROWS, 1, dot_bf16)
MATRIX_PRODUCT(product_wide_few_bf16, FEW_ROWS, 2, dot_bf16)
MATRIX_PRODUCT(product_narrow_few_bf16, FEW_ROWS, 1, dot_bf16)
#endif

static inline matrix_product *product_of(int64_t rows, int64_t panel, int bf16) {
  int few = rows == FEW_ROWS, wide = panel > WIDTH;
#if HAS_BF16_PRODUCTS
  if (bf16) {
    return wide ? few ? product_wide_few_bf16 : product_wide_bf16 : few ? product_narrow_few_bf16 : product_narrow_bf16;
  }
#endif
  (void)bf16;
  return wide ? few ? product_wide_few : product_wide : few ? product_narrow_few : product_narrow;
}

#endif
