/* Sums over rows, of which the mean and the variance of channels are made. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include "rows.h"

/* Adds sum(x - shift) and sum((x - shift)^2) of rows to s and q. */
static inline __attribute__((always_inline)) void sum_block(
    const void *restrict x, const float *restrict shift, float *restrict s, float *restrict q,
    int64_t first, int64_t last, int64_t channels, int64_t pitch, int bf16) {
  int64_t r = first;
  for (; r + 4 <= last; r += 4) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      int64_t i = r * pitch + c;
      fetch(x, i + 4 * pitch, bf16);
      fetch(x, i + 5 * pitch, bf16);
      fetch(x, i + 6 * pitch, bf16);
      fetch(x, i + 7 * pitch, bf16);
      vec m = load(shift + c);
      vec a = sub(get(x, i, bf16), m);
      vec b = sub(get(x, i + pitch, bf16), m);
      vec d = sub(get(x, i + 2 * pitch, bf16), m);
      vec e = sub(get(x, i + 3 * pitch, bf16), m);
      store(s + c, add(load(s + c), add(add(a, b), add(d, e))));
      store(q + c, fma3(a, a, fma3(b, b, fma3(d, d, fma3(e, e, load(q + c))))));
    }
  }
  for (; r < last; r++) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      vec a = sub(get(x, r * pitch + c, bf16), load(shift + c));
      store(s + c, add(load(s + c), a));
      store(q + c, fma3(a, a, load(q + c)));
    }
  }
}

/*
 * Adds sum(x) and sum(x^2) of many rows, `pitch` elements apart, to sums and squares. Floats hold those of some rows, less
 * the first of them, so that what they lose to rounding is small beside the variance; doubles, which are added to, lose
 * nothing that matters while the mean is below a million deviations.
 *
 * @param scratch 3 * channels
 */
static __attribute__((noinline)) void sum_rows(
    const void *x, int64_t pitch, float *restrict scratch, double *restrict sums, double *restrict squares, int64_t start,
    int64_t end, int64_t channels, int bf16) {
  float *s = scratch, *q = scratch + channels, *shift = scratch + 2 * channels;
  for (int64_t last = end; last > start; last -= FLUSH_ROWS) {
    int64_t first = last - FLUSH_ROWS > start ? last - FLUSH_ROWS : start;
    int64_t rows = last - first;
    memset(scratch, 0, sizeof(float) * 2 * channels);
    for (int64_t c = 0; c < channels; c += WIDTH) { store(shift + c, get(x, first * pitch + c, bf16)); }
    if (bf16) {
      sum_block(x, shift, s, q, first, last, channels, pitch, 1);
    } else {
      sum_block(x, shift, s, q, first, last, channels, pitch, 0);
    }
    for (int64_t c = 0; c < channels; c++) {
      double sum = s[c], from = shift[c];
      sums[c] += sum + rows * from;
      squares[c] += q[c] + from * (2 * sum + rows * from);
    }
  }
}

#endif
