/* Colours of 8 bits to floats. */

/* Pixels are joined to rows of about this many channels, so that there are long loops. */
#define NORMALIZE_JOINED 512

/* Fewer elements than this are not worth waking the other threads. */
#define NORMALIZE_ALONE 32768

static __attribute__((noinline)) void normalize_f32(
    const uint8_t *restrict src, float *restrict dst, const float *restrict mean, const float *restrict deviation,
    int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    dst[i] = (src[i] / 255.0f - mean[i]) / deviation[i];
  }
}

static __attribute__((noinline)) void normalize_bf16(
    const uint8_t *restrict src, uint16_t *restrict dst, const float *restrict mean, const float *restrict deviation,
    int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    dst[i] = round_bf16((src[i] / 255.0f - mean[i]) / deviation[i]);
  }
}

static void normalize(const struct residual_normalize *o) {
  float joined[2 * NORMALIZE_JOINED];
  const float *mean = o->mean;
  const float *deviation = o->deviation;
  int64_t step = o->channels;
  if (o->channels <= NORMALIZE_JOINED) {
    step = NORMALIZE_JOINED / o->channels * o->channels;
    for (int64_t i = 0; i < step; i++) {
      joined[i] = o->mean[i % o->channels];
      joined[NORMALIZE_JOINED + i] = o->deviation[i % o->channels];
    }
    mean = joined;
    deviation = joined + NORMALIZE_JOINED;
  }
#pragma omp parallel num_threads(o->rows * o->channels < NORMALIZE_ALONE ? 1 : o->threads)
  {
    uint32_t csr = flush_denormals();
    int64_t t = omp_get_thread_num();
    int64_t team = omp_get_num_threads();
    int64_t end = o->rows * (t + 1) / team * o->channels;
    for (int64_t i = o->rows * t / team * o->channels; i < end; i += step) {
      int64_t n = end - i < step ? end - i : step;
      if (o->dtype == RESIDUAL_BF16) {
        normalize_bf16(o->src + i, (uint16_t *)o->dst + i, mean, deviation, n);
      } else {
        normalize_f32(o->src + i, (float *)o->dst + i, mean, deviation, n);
      }
    }
    restore_denormals(csr);
  }
}
