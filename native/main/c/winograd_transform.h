/*
 * The transforms of Winograd's minimal filtering: F(4x4, 3x3) with 36 products instead of 144 for each tile of 4 by 4
 * results, and F(2x2, 3x3) with 16 instead of 36 for each tile of 2 by 2.
 *
 * Polynomials are evaluated at 0, a, -a, b, -b and infinity, where a = sqrt(1/2) and b = sqrt(2): with these points sums
 * in float lose about twice what a direct convolution loses, and several times less than with the usual 1 and 2. That is
 * still too much for factors in bf16, which for tiles of 2 are evaluated at 0, 1, -1 and infinity.
 *
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015; Barabasz et al., Error Analysis and Improving
 * the Accuracy of Winograd Convolution for Deep Neural Networks, 2018.
 */
#ifndef WINOGRAD_TRANSFORM_H
#define WINOGRAD_TRANSFORM_H

#include "rows.h"

#define POINT_A 0.70710678118654752440f
#define POINT_B 1.41421356237309504880f

#define UNROLL _Pragma("GCC unroll 6") for

/* B^T x: inputs, two more than the tile has results in a row, evaluated. */
static inline __attribute__((always_inline)) void evaluate_source(int tile, const vec *d, vec *to) {
  if (tile == 2) {
    to[0] = sub(d[0], d[2]);
    to[1] = add(d[1], d[2]);
    to[2] = sub(d[2], d[1]);
    to[3] = sub(d[1], d[3]);
    return;
  }
  vec a = splat(POINT_A), b = splat(POINT_B), half = splat(-0.5f), two = splat(-2), middle = splat(-2.5f);
  vec even_a = fma3(d[2], two, d[4]);
  vec odd_a = mul(a, fma3(d[1], two, d[3]));
  vec even_b = fma3(d[2], half, d[4]);
  vec odd_b = mul(b, fma3(d[1], half, d[3]));
  to[0] = add(fma3(d[2], middle, d[4]), d[0]);
  to[1] = add(even_a, odd_a);
  to[2] = sub(even_a, odd_a);
  to[3] = add(even_b, odd_b);
  to[4] = sub(even_b, odd_b);
  to[5] = add(fma3(d[3], middle, d[5]), d[1]);
}

/* G g: three weights, evaluated and divided by what interpolation divides by. */
static inline __attribute__((always_inline)) void evaluate_weights(int tile, const vec *g, vec *to) {
  if (tile == 2) {
    vec even = mul(splat(0.5f), add(g[0], g[2])), odd = mul(splat(0.5f), g[1]);
    to[0] = g[0];
    to[1] = add(even, odd);
    to[2] = sub(even, odd);
    to[3] = g[2];
    return;
  }
  vec even_a = mul(splat(-2.0f / 3), fma3(splat(0.5f), g[2], g[0]));
  vec odd_a = mul(splat(-2.0f / 3 * POINT_A), g[1]);
  vec even_b = mul(splat(1.0f / 6), fma3(splat(2), g[2], g[0]));
  vec odd_b = mul(splat(1.0f / 6 * POINT_B), g[1]);
  to[0] = g[0];
  to[1] = add(even_a, odd_a);
  to[2] = sub(even_a, odd_a);
  to[3] = add(even_b, odd_b);
  to[4] = sub(even_b, odd_b);
  to[5] = g[2];
}

/* A^T m: the results of a row of products. */
static inline __attribute__((always_inline)) void interpolate_tile(int tile, const vec *m, vec *to) {
  if (tile == 2) {
    to[0] = add(m[0], add(m[1], m[2]));
    to[1] = sub(sub(m[1], m[2]), m[3]);
    return;
  }
  vec even_a = add(m[1], m[2]), odd_a = sub(m[1], m[2]);
  vec even_b = add(m[3], m[4]), odd_b = sub(m[3], m[4]);
  vec a = splat(POINT_A), b = splat(POINT_B);
  to[0] = add(add(even_a, even_b), m[0]);
  to[1] = fma3(b, odd_b, mul(a, odd_a));
  to[2] = fma3(splat(2), even_b, mul(splat(0.5f), even_a));
  to[3] = add(fma3(splat(2 * POINT_B), odd_b, mul(splat(0.5f * POINT_A), odd_a)), m[5]);
}

/* The left factors of one tile, in panels of channels: `at` holds the addresses of its positions. */
static inline __attribute__((always_inline)) void transform_source(
    int tile, int narrow, const uintptr_t *at, int64_t channels, int bf16, void *to, int64_t stride, int64_t panel,
    int64_t rows) {
  int side = tile + 2;
  for (int64_t c = 0; c < channels; c += WIDTH) {
    vec half[6][6];
    UNROLL(int x = 0; x < side; x++) {
      vec column[6], result[6];
      UNROLL(int y = 0; y < side; y++) { column[y] = get((const void *)at[y * side + x], c, bf16); }
      evaluate_source(tile, column, result);
      UNROLL(int y = 0; y < side; y++) { half[y][x] = result[y]; }
    }
    int64_t panel_at = c / panel * panel * rows + c % panel;
    UNROLL(int y = 0; y < side; y++) {
      vec result[6];
      evaluate_source(tile, half[y], result);
      UNROLL(int x = 0; x < side; x++) { put(to, panel_at + (y * side + x) * stride, result[x], narrow); }
    }
  }
}

static __attribute__((noinline)) void transform_source_of_4(
    const uintptr_t *at, int64_t channels, int bf16, float *restrict to, int64_t stride, int64_t panel, int64_t rows) {
  transform_source(4, 0, at, channels, bf16, to, stride, panel, rows);
}

/* Of images in bf16, in bf16. */
static __attribute__((noinline)) void transform_source_of_2(
    const uintptr_t *at, int64_t channels, uint16_t *restrict to, int64_t stride) {
  transform_source(2, 1, at, channels, 1, to, stride, channels, 1);
}

/* What becomes of the results of a tile. */
typedef struct {
  const float *bias; /* or null */
  int relu;
  int bf16;
} winograd_ending;

/* The results of one tile: `at` holds the addresses of its positions, `add_at` of what is added, or null. */
static inline __attribute__((always_inline)) void transform_products(
    int tile, const float *restrict from, int64_t stride, int64_t channels, const winograd_ending *ending,
    const uintptr_t *add_at, const uintptr_t *at) {
  int side = tile + 2;
  for (int64_t c = 0; c < channels; c += WIDTH) {
    vec half[4][6];
    UNROLL(int x = 0; x < side; x++) {
      vec column[6], result[4];
      UNROLL(int y = 0; y < side; y++) { column[y] = load(from + (y * side + x) * stride + c); }
      interpolate_tile(tile, column, result);
      UNROLL(int y = 0; y < tile; y++) { half[y][x] = result[y]; }
    }
    vec bias = ending->bias ? load(ending->bias + c) : splat(0);
    UNROLL(int y = 0; y < tile; y++) {
      vec result[4];
      interpolate_tile(tile, half[y], result);
      UNROLL(int x = 0; x < tile; x++) {
        vec sum = add(result[x], bias);
        if (add_at) {
          sum = add(sum, get((const void *)add_at[y * tile + x], c, ending->bf16));
        }
        put((void *)at[y * tile + x], c, ending->relu ? relu(sum) : sum, ending->bf16);
      }
    }
  }
}

static __attribute__((noinline)) void transform_products_of_4(
    const float *from, int64_t stride, int64_t channels, const winograd_ending *ending, const uintptr_t *add_at,
    const uintptr_t *at) {
  transform_products(4, from, stride, channels, ending, add_at, at);
}

static __attribute__((noinline)) void transform_products_of_2(
    const float *from, int64_t stride, int64_t channels, const winograd_ending *ending, const uintptr_t *add_at,
    const uintptr_t *at) {
  transform_products(2, from, stride, channels, ending, add_at, at);
}

#endif
