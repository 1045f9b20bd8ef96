/* Batch norm forward. */
#include <math.h>
#include <omp.h>

#include "rows.h"

/* Adds sum(x - shift) and sum((x - shift)^2) of rows to `sums`. Shifting by the running mean keeps them small. */
static __attribute__((noinline)) void sum_rows(
    const float *restrict x, const float *restrict shift, float *restrict s, float *restrict q,
    double *restrict sums, int64_t rows, int64_t channels) {
  for (int64_t first = 0; first < rows; first += FLUSH_ROWS) {
    int64_t last = first + FLUSH_ROWS < rows ? first + FLUSH_ROWS : rows;
    memset(s, 0, sizeof(float) * channels);
    memset(q, 0, sizeof(float) * channels);
    int64_t r = first;
    for (; r + 4 <= last; r += 4) {
      const float *p = x + r * channels;
      for (int64_t c = 0; c < channels; c += WIDTH) {
        __builtin_prefetch(p + c + AHEAD + 4 * channels);
        __builtin_prefetch(p + c + AHEAD + 5 * channels);
        __builtin_prefetch(p + c + AHEAD + 6 * channels);
        __builtin_prefetch(p + c + AHEAD + 7 * channels);
        vec m = load(shift + c);
        vec a = sub(load(p + c), m);
        vec b = sub(load(p + c + channels), m);
        vec d = sub(load(p + c + 2 * channels), m);
        vec e = sub(load(p + c + 3 * channels), m);
        store(s + c, add(load(s + c), add(add(a, b), add(d, e))));
        store(q + c, fma3(a, a, fma3(b, b, fma3(d, d, fma3(e, e, load(q + c))))));
      }
    }
    for (; r < last; r++) {
      const float *p = x + r * channels;
      for (int64_t c = 0; c < channels; c += WIDTH) {
        vec a = sub(load(p + c), load(shift + c));
        store(s + c, add(load(s + c), a));
        store(q + c, fma3(a, a, load(q + c)));
      }
    }
    for (int64_t c = 0; c < channels; c++) {
      sums[c] += s[c];
      sums[channels + c] += q[c];
    }
  }
}

/* y = relu(a * x + b + z) for rows; y may take the place of x or z. The flags are constants where this is inlined. */
static inline __attribute__((always_inline)) void apply_rows(
    const float *x, const float *z, float *y, uint8_t *restrict mask,
    const float *restrict a, const float *restrict b, int64_t start, int64_t end, int64_t channels,
    int with_add, int with_relu, int with_mask) {
  for (int64_t r = start; r < end; r++) {
    int64_t row = r * channels;
    for (int64_t c = 0; c < channels; c += WIDTH) {
      int64_t i = row + c;
      vec v = fma3(load(x + i), load(a + c), load(b + c));
      if (with_add) {
        v = add(v, load(z + i));
      }
      if (with_mask) {
        STORE_MASK(mask, i, v);
      }
      store(y + i, with_relu ? relu(v) : v);
    }
  }
}

static __attribute__((noinline)) void apply(
    const float *x, const float *z, float *y, uint8_t *mask, const float *a, const float *b,
    int64_t start, int64_t end, int64_t channels, int with_relu) {
  if (mask) {
    if (z) {
      apply_rows(x, z, y, mask, a, b, start, end, channels, 1, 1, 1);
    } else {
      apply_rows(x, z, y, mask, a, b, start, end, channels, 0, 1, 1);
    }
  } else if (with_relu) {
    if (z) {
      apply_rows(x, z, y, mask, a, b, start, end, channels, 1, 1, 0);
    } else {
      apply_rows(x, z, y, mask, a, b, start, end, channels, 0, 1, 0);
    }
  } else if (z) {
    apply_rows(x, z, y, mask, a, b, start, end, channels, 1, 0, 0);
  } else {
    apply_rows(x, z, y, mask, a, b, start, end, channels, 0, 0, 0);
  }
}

/* Writes a and b of y = a * x + b for one channel, once for each joined row. */
static inline void set_constants(
    scratch_arrays *arrays, const matrix *m, int64_t channels, int64_t c, double mean,
    double variance, double epsilon, double scale, double shift) {
  double a = scale / sqrt(variance + epsilon);
  double b = shift - mean * a;
  for (int64_t j = 0; j < m->joined; j++) {
    arrays->constant[j * channels + c] = (float)a;
    arrays->constant[m->channels + j * channels + c] = (float)b;
  }
}

/* The sum over threads and joined rows, always in the same order. */
static inline double total(
    const scratch_arrays *arrays, const matrix *m, int64_t channels, int64_t c, int which, int threads) {
  double sum = 0;
  for (int t = 0; t < threads; t++) {
    const double *part = arrays->sums + (2 * t + which) * m->channels;
    for (int64_t j = 0; j < m->joined; j++) {
      sum += part[j * channels + c];
    }
  }
  return sum;
}

static void batch_norm(const struct residual_batch_norm *arg) {
  struct residual_batch_norm o = *arg;
  matrix m = join_rows(o.rows, o.channels);
  scratch_arrays arrays = scratch_of(o.scratch, m.channels, o.threads);
  float *shift = arrays.constant + 2 * m.channels;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads(); /* fewer than asked for, if the runtime has a limit */
    int64_t start = share(&m, t, team);
    int64_t end = share(&m, t + 1, team);
#pragma omp for schedule(static)
    for (int64_t j = 0; j < m.joined; j++) {
      memcpy(shift + j * o.channels, o.running_mean, sizeof(float) * o.channels);
    }
    double *sums = arrays.sums + 2 * t * m.channels;
    float *partial = arrays.partial + 2 * t * m.channels;
    memset(sums, 0, sizeof(double) * 2 * m.channels);
    sum_rows(
        o.src + start * m.channels, shift, partial, partial + m.channels, sums, end - start, m.channels);
#pragma omp barrier
#pragma omp for schedule(static)
    for (int64_t c = 0; c < o.channels; c++) {
      double s = total(&arrays, &m, o.channels, c, 0, team) / o.rows;
      double q = total(&arrays, &m, o.channels, c, 1, team) / o.rows;
      double mean = shift[c] + s;
      double variance = q - s * s > 0 ? q - s * s : 0;
      double unbiased = o.rows > 1 ? variance * o.rows / (o.rows - 1) : variance;
      o.mean[c] = (float)mean;
      o.variance[c] = (float)variance;
      o.running_mean[c] = (float)((1 - o.momentum) * o.running_mean[c] + o.momentum * mean);
      o.running_variance[c] = (float)((1 - o.momentum) * o.running_variance[c] + o.momentum * unbiased);
      set_constants(&arrays, &m, o.channels, c, mean, variance, o.epsilon, o.scale[c], o.shift[c]);
    }
    apply(
        o.src, o.add, o.dst, o.mask, arrays.constant, arrays.constant + m.channels, start, end,
        m.channels, o.relu);
    restore_denormals(csr);
  }
}

static void batch_norm_inference(const struct residual_batch_norm_inference *arg) {
  struct residual_batch_norm_inference o = *arg;
  matrix m = join_rows(o.rows, o.channels);
  scratch_arrays arrays = scratch_of(o.scratch, m.channels, o.threads);
  for (int64_t c = 0; c < o.channels; c++) {
    set_constants(&arrays, &m, o.channels, c, o.mean[c], o.variance[c], o.epsilon, o.scale[c], o.shift[c]);
  }
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads(); /* fewer than asked for, if the runtime has a limit */
    apply(
        o.src, o.add, o.dst, NULL, arrays.constant, arrays.constant + m.channels,
        share(&m, t, team), share(&m, t + 1, team), m.channels, o.relu);
    restore_denormals(csr);
  }
}
