/*
 * The transforms of Winograd's minimal filtering F(4x4, 3x3): 36 products instead of 144 for each tile of 4 by 4 results.
 *
 * Polynomials are evaluated at 0, a, -a, b, -b and infinity, where a = sqrt(1/2) and b = sqrt(2): with these points sums
 * in float lose about twice what a direct convolution loses, and several times less than with the usual 1 and 2.
 * Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015; Barabasz et al., Error Analysis and Improving
 * the Accuracy of Winograd Convolution for Deep Neural Networks, 2018.
 */
#ifndef WINOGRAD_TRANSFORM_H
#define WINOGRAD_TRANSFORM_H

#include "rows.h"

#define POINT_A 0.70710678118654752440f
#define POINT_B 1.41421356237309504880f

#define UNROLL _Pragma("GCC unroll 6") for

/* B^T x: six inputs, evaluated. */
static inline __attribute__((always_inline)) void evaluate_source(const vec d[6], vec to[6]) {
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
static inline __attribute__((always_inline)) void evaluate_weights(const vec g[3], vec to[6]) {
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

/* A^T m: four results of six products. */
static inline __attribute__((always_inline)) void interpolate_tile(const vec m[6], vec to[4]) {
  vec even_a = add(m[1], m[2]), odd_a = sub(m[1], m[2]);
  vec even_b = add(m[3], m[4]), odd_b = sub(m[3], m[4]);
  vec a = splat(POINT_A), b = splat(POINT_B);
  to[0] = add(add(even_a, even_b), m[0]);
  to[1] = fma3(b, odd_b, mul(a, odd_a));
  to[2] = fma3(splat(2), even_b, mul(splat(0.5f), even_a));
  to[3] = add(fma3(splat(2 * POINT_B), odd_b, mul(splat(0.5f * POINT_A), odd_a)), m[5]);
}

/* The left factors of one tile, in panels of channels: `at` holds the addresses of its 36 positions. */
static __attribute__((noinline)) void transform_source(
    const uintptr_t *at, int64_t channels, int bf16, float *restrict to, int64_t stride, int64_t panel, int64_t rows) {
  for (int64_t c = 0; c < channels; c += WIDTH) {
    vec half[6][6];
    UNROLL(int x = 0; x < 6; x++) {
      vec column[6], result[6];
      UNROLL(int y = 0; y < 6; y++) { column[y] = get((const void *)at[y * 6 + x], c, bf16); }
      evaluate_source(column, result);
      UNROLL(int y = 0; y < 6; y++) { half[y][x] = result[y]; }
    }
    float *panel_at = to + c / panel * panel * rows + c % panel;
    UNROLL(int y = 0; y < 6; y++) {
      vec result[6];
      evaluate_source(half[y], result);
      UNROLL(int x = 0; x < 6; x++) { store(panel_at + (y * 6 + x) * stride, result[x]); }
    }
  }
}

/* What becomes of the results of a tile. */
typedef struct {
  const float *bias; /* or null */
  int relu;
  int bf16;
} winograd_ending;

/* The results of one tile: `at` holds the addresses of its 16 positions, `add_at` of what is added, or null. */
static __attribute__((noinline)) void transform_products(
    const float *restrict from, int64_t stride, int64_t channels, const winograd_ending *ending, const uintptr_t *add_at,
    const uintptr_t *at) {
  for (int64_t c = 0; c < channels; c += WIDTH) {
    vec half[4][6];
    UNROLL(int x = 0; x < 6; x++) {
      vec column[6], result[4];
      UNROLL(int y = 0; y < 6; y++) { column[y] = load(from + (y * 6 + x) * stride + c); }
      interpolate_tile(column, result);
      UNROLL(int y = 0; y < 4; y++) { half[y][x] = result[y]; }
    }
    vec bias = ending->bias ? load(ending->bias + c) : splat(0);
    UNROLL(int y = 0; y < 4; y++) {
      vec result[4];
      interpolate_tile(half[y], result);
      UNROLL(int x = 0; x < 4; x++) {
        vec sum = add(result[x], bias);
        if (add_at) {
          sum = add(sum, get((const void *)add_at[y * 4 + x], c, ending->bf16));
        }
        put((void *)at[y * 4 + x], c, ending->relu ? relu(sum) : sum, ending->bf16);
      }
    }
  }
}

#endif
