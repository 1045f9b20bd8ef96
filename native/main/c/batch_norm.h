/* Batch norm forward. */
#include <math.h>
#include <omp.h>

#include "rows.h"
#include "statistics.h"

/* What a pass over rows reads and writes: y = relu(a * x + b + z); y may take the place of x or z. */
typedef struct {
  const void *x;
  const void *z; /* or null */
  void *y;
  uint8_t *mask; /* or null */
  const float *a;
  const float *b;
  int64_t channels;
} applied_rows;

enum { APPLY_BF16 = 1, APPLY_RELU = 2, APPLY_MASK = 4, APPLY_ADD = 8 };

static inline __attribute__((always_inline)) void apply_rows(
    const applied_rows *rows, int64_t start, int64_t end, const int flags) {
  const int bf16 = flags & APPLY_BF16;
  const void *x = rows->x, *z = rows->z;
  void *y = rows->y;
  uint8_t *restrict mask = rows->mask;
  const float *restrict a = rows->a, *restrict b = rows->b;
  int64_t channels = rows->channels;
  for (int64_t r = start; r < end; r++) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      int64_t i = r * channels + c;
      vec v = fma3(get(x, i, bf16), load(a + c), load(b + c));
      if (flags & APPLY_ADD) {
        v = add(v, get(z, i, bf16));
      }
      if (flags & APPLY_MASK) {
        STORE_MASK(mask, i, v);
      }
      put(y, i, flags & APPLY_RELU ? relu(v) : v, bf16);
    }
  }
}

static __attribute__((noinline)) void apply(
    const applied_rows *rows, int64_t start, int64_t end, int with_relu, int bf16) {
  switch ((bf16 ? APPLY_BF16 : 0) | (with_relu ? APPLY_RELU : 0) | (rows->mask ? APPLY_MASK : 0) |
          (rows->z ? APPLY_ADD : 0)) {
#define CASE(flags) \
  case flags: \
    apply_rows(rows, start, end, flags); \
    break;
    EACH_OF_16(CASE, 0)
#undef CASE
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
    const double *part = sums_of(arrays, t) + which * m->channels;
    for (int64_t j = 0; j < m->joined; j++) {
      sum += part[j * channels + c];
    }
  }
  return sum;
}

/* The same of what the threads of a convolution have left. */
static inline double given_total(const struct residual_batch_norm *o, int64_t c, int which) {
  double sum = 0;
  for (int t = 0; t < o->threads; t++) {
    sum += o->sums[t * sums_apart(o->channels) + which * o->channels + c];
  }
  return sum;
}

/* A sum over the rows of all who share in the statistics. */
static inline double batch_total(
    const struct residual_batch_norm *o, const scratch_arrays *arrays, const matrix *m, int64_t c, int which, int threads) {
  if (o->part == RESIDUAL_APPLICATION) {
    return o->totals[which * o->channels + c];
  }
  return o->sums ? given_total(o, c, which) : total(arrays, m, o->channels, c, which, threads);
}

static void batch_norm(const struct residual_batch_norm *arg) {
  struct residual_batch_norm o = *arg;
  matrix m = join_rows(o.rows, o.channels);
  scratch_arrays arrays = scratch_of(o.scratch, m.channels);
  applied_rows rows = {
      o.src, o.add, o.dst, o.mask, arrays.constant, arrays.constant + m.channels, m.channels};
  int bf16 = o.dtype == RESIDUAL_BF16;
  int64_t count = o.part == RESIDUAL_APPLICATION ? o.count : o.rows;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads(); /* fewer than asked for, if the runtime has a limit */
    int64_t start = share(&m, t, team);
    int64_t end = share(&m, t + 1, team);
    if (!o.sums && o.part != RESIDUAL_APPLICATION) {
      double *sums = sums_of(&arrays, t);
      memset(sums, 0, sizeof(double) * 2 * m.channels);
      sum_rows(o.src, m.channels, partial_of(&arrays, t), sums, sums + m.channels, start, end, m.channels, bf16);
#pragma omp barrier
    }
    int64_t last = channel_share(o.channels, t + 1, team);
    for (int64_t c = channel_share(o.channels, t, team); c < last; c++) {
      double sum = batch_total(&o, &arrays, &m, c, 0, team);
      double squares = batch_total(&o, &arrays, &m, c, 1, team);
      if (o.part == RESIDUAL_STATISTICS) {
        o.totals[c] = sum;
        o.totals[o.channels + c] = squares;
        continue;
      }
      double mean = sum / count;
      double variance = squares / count - mean * mean;
      variance = variance < 0 ? 0 : variance;
      double unbiased = count > 1 ? variance * count / (count - 1) : variance;
      o.mean[c] = (float)mean;
      o.variance[c] = (float)variance;
      o.running_mean[c] = (float)((1 - o.momentum) * o.running_mean[c] + o.momentum * mean);
      o.running_variance[c] = (float)((1 - o.momentum) * o.running_variance[c] + o.momentum * unbiased);
      set_constants(&arrays, &m, o.channels, c, mean, variance, o.epsilon, o.scale[c], o.shift[c]);
    }
    if (o.part != RESIDUAL_STATISTICS) {
#pragma omp barrier
      apply(&rows, start, end, o.relu, bf16);
    }
    restore_denormals(csr);
  }
}

static void batch_norm_inference(const struct residual_batch_norm_inference *arg) {
  struct residual_batch_norm_inference o = *arg;
  matrix m = join_rows(o.rows, o.channels);
  scratch_arrays arrays = scratch_of(o.scratch, m.channels);
  applied_rows rows = {
      o.src, o.add, o.dst, NULL, arrays.constant, arrays.constant + m.channels, m.channels};
  for (int64_t c = 0; c < o.channels; c++) {
    set_constants(&arrays, &m, o.channels, c, o.mean[c], o.variance[c], o.epsilon, o.scale[c], o.shift[c]);
  }
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads(); /* fewer than asked for, if the runtime has a limit */
    apply(&rows, share(&m, t, team), share(&m, t + 1, team), o.relu, o.dtype == RESIDUAL_BF16);
    restore_denormals(csr);
  }
}
