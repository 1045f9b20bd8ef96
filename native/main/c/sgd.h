/* Stochastic gradient descent on one parameter. */
#ifndef SGD_H
#define SGD_H

#include "updates.h"

static inline __attribute__((always_inline)) void sgd_elements(
    float *restrict p, const float *restrict g, float *restrict v, float factor, float rate, float momentum,
    float decay, int64_t start, int64_t end, int with_velocity, int nesterov) {
  for (int64_t i = start; i < end; i++) {
    float step = factor * g[i] + decay * p[i];
    if (with_velocity) {
      float velocity = momentum * v[i] + step;
      v[i] = velocity;
      step = nesterov ? step + momentum * velocity : velocity;
    }
    p[i] -= rate * step;
  }
}

static __attribute__((noinline)) void sgd_range(
    const struct residual_sgd *o, float factor, int64_t start, int64_t end) {
  float *p = o->parameter;
  const float *g = o->gradient;
  float *v = o->velocity;
  float rate = *o->rate;
  if (!v) {
    sgd_elements(p, g, v, factor, rate, o->momentum, o->decay, start, end, 0, 0);
  } else if (o->nesterov) {
    sgd_elements(p, g, v, factor, rate, o->momentum, o->decay, start, end, 1, 1);
  } else {
    sgd_elements(p, g, v, factor, rate, o->momentum, o->decay, start, end, 1, 0);
  }
}

static void sgd(const struct residual_sgd *o) {
  float factor = factor_of(o->factor);
  if (factor == 0) {
    return;
  }
#pragma omp parallel num_threads(update_threads(o->elements, o->threads))
  {
    uint32_t csr = flush_denormals();
    sgd_range(o, factor, first_element(o->elements), end_element(o->elements));
    restore_denormals(csr);
  }
}

#endif
