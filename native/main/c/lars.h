/* One step of LARS on one parameter: the rate follows the norms of the parameter and of its gradient. */
#include <math.h>

#include "updates.h"

static __attribute__((noinline)) void lars_range(
    float *restrict p, const float *restrict g, float *restrict v, float factor, float ratio, float rate, float momentum,
    float decay, int64_t start, int64_t end) {
  for (int64_t i = start; i < end; i++) {
    float velocity = momentum * v[i] + ratio * (factor * g[i] + decay * p[i]);
    v[i] = velocity;
    p[i] -= rate * velocity;
  }
}

static void lars(const struct residual_lars *o) {
  float factor = factor_of(o->factor);
  if (factor == 0) {
    return;
  }
  double norm = sqrt(sum_of_squares(o->parameter, o->elements, o->threads));
  double gradient = fabs(factor) * sqrt(sum_of_squares(o->gradient, o->elements, o->threads));
  double ratio = norm > 0 && gradient > 0 ? o->trust * norm / (gradient + o->decay * norm + o->epsilon) : 1;
#pragma omp parallel num_threads(update_threads(o->elements, o->threads))
  {
    uint32_t csr = flush_denormals();
    lars_range(
        o->parameter, o->gradient, o->velocity, factor, (float)ratio, *o->rate, o->momentum, o->decay,
        first_element(o->elements), end_element(o->elements));
    restore_denormals(csr);
  }
}
