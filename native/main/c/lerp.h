/* One tensor moved towards another, in the form that is exact at both ends. */
#include "updates.h"

static __attribute__((noinline)) void lerp_range(
    float *restrict target, const float *restrict source, float share, int64_t start, int64_t end) {
  if (share < 0.5f) {
    for (int64_t i = start; i < end; i++) {
      target[i] += share * (source[i] - target[i]);
    }
  } else {
    float rest = 1 - share;
    for (int64_t i = start; i < end; i++) {
      target[i] = source[i] - rest * (source[i] - target[i]);
    }
  }
}

static void lerp(const struct residual_lerp *o) {
  float share = *o->share;
  if (share == 0) {
    return;
  }
#pragma omp parallel num_threads(update_threads(o->elements, o->threads))
  {
    int64_t start = first_element(o->elements), end = end_element(o->elements);
    if (share == 1) {
      memcpy(o->target + start, o->source + start, (size_t)(end - start) * sizeof(float));
    } else {
      uint32_t csr = flush_denormals();
      lerp_range(o->target, o->source, share, start, end);
      restore_denormals(csr);
    }
  }
}
