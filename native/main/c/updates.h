/* What the steps of optimisers share: their factor, how threads share elements, and sums of squares. */
#ifndef UPDATES_H
#define UPDATES_H

#include <omp.h>

#include "rows.h"

/* Fewer elements than this are not worth waking the other threads. */
#define UPDATE_ALONE 16384

/* What gradients are multiplied by; 0 skips the step. */
static inline float factor_of(const float *factor) { return factor ? *factor : 1; }

static inline int update_threads(int64_t elements, int threads) { return elements < UPDATE_ALONE ? 1 : threads; }

/* The elements of this thread. The team may be smaller than was asked for, if the runtime has a limit. */
static inline int64_t first_element(int64_t elements) {
  return elements * omp_get_thread_num() / omp_get_num_threads();
}

static inline int64_t end_element(int64_t elements) {
  return elements * (omp_get_thread_num() + 1) / omp_get_num_threads();
}

#define SQUARE_LANES 16

static __attribute__((noinline)) double squares_range(const float *x, int64_t start, int64_t end) {
  double lanes[SQUARE_LANES] = {0};
  int64_t i = start;
  for (; i + SQUARE_LANES <= end; i += SQUARE_LANES) {
    for (int k = 0; k < SQUARE_LANES; k++) {
      lanes[k] += (double)x[i + k] * x[i + k];
    }
  }
  double sum = 0;
  for (; i < end; i++) {
    sum += (double)x[i] * x[i];
  }
  for (int k = 0; k < SQUARE_LANES; k++) {
    sum += lanes[k];
  }
  return sum;
}

/* In double, which the squares of floats do not exceed, and added in the order of the threads. */
static double sum_of_squares(const float *x, int64_t elements, int most_threads) {
  int threads = update_threads(elements, most_threads);
  double sums[threads];
  memset(sums, 0, sizeof sums);
#pragma omp parallel num_threads(threads)
  sums[omp_get_thread_num()] = squares_range(x, first_element(elements), end_element(elements));
  double sum = 0;
  for (int t = 0; t < threads; t++) {
    sum += sums[t];
  }
  return sum;
}

static void squares(const struct residual_squares *o) { *o->sum = sum_of_squares(o->src, o->elements, o->threads); }

#endif
