/* The sum of each channel over all rows: floats over blocks of rows, whose sums are added as doubles in a fixed order. */
#include "places.h"
#include "rows.h"

/* Fewer elements than this are not worth waking the other threads. */
#define SUMS_ALONE 32768

static inline __attribute__((always_inline)) void add_channels(
    const struct residual_channel_sums *o, int64_t first, int64_t end, double *sums, int bf16) {
  for (int64_t c = 0; c < o->channels; c += WIDTH) {
    int64_t n = least(WIDTH, o->channels - c);
    vec sum = splat(0);
    for (int64_t r = first; r < end; r++) {
      sum = add(sum, get_part(o->src, r * o->channels + c, n, bf16));
    }
    float part[WIDTH];
    store(part, sum);
    for (int64_t k = 0; k < n; k++) {
      sums[c + k] += part[k];
    }
  }
}

static void channel_sums(const struct residual_channel_sums *o) {
  int threads = o->rows * o->channels < SUMS_ALONE ? 1 : o->threads;
  double *all = o->scratch;
  int64_t apart = channel_sums_apart(o->channels);
  for (int t = 0; t < threads; t++) {
    memset(all + t * apart, 0, o->channels * sizeof(double));
  }
#pragma omp parallel num_threads(threads)
  {
    uint32_t csr = flush_denormals();
    int64_t t = omp_get_thread_num(), team = omp_get_num_threads();
    int64_t end = o->rows * (t + 1) / team;
    for (int64_t r = o->rows * t / team; r < end; r += FLUSH_ROWS) {
      if (o->dtype == RESIDUAL_BF16) {
        add_channels(o, r, least(end, r + FLUSH_ROWS), all + t * apart, 1);
      } else {
        add_channels(o, r, least(end, r + FLUSH_ROWS), all + t * apart, 0);
      }
    }
    restore_denormals(csr);
  }
  for (int64_t c = 0; c < o->channels; c++) {
    double sum = 0;
    for (int t = 0; t < threads; t++) {
      sum += all[t * apart + c];
    }
    o->sums[c] = (float)sum;
  }
}
