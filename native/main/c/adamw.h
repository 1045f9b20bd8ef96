/* One step of AdamW on one parameter. */
#include <math.h>

#include "updates.h"

typedef struct {
  float factor;
  float beta1;
  float beta2;
  float rest1; /* 1 - beta1, and so on: rounded once */
  float rest2;
  float keep;  /* 1 - rate * decay */
  float step;  /* the rate, with the first moment's bias put right */
  float scale; /* what puts the bias of the second moment's root right */
  float epsilon;
} adamw_numbers;

static __attribute__((noinline)) void adamw_range(
    float *restrict p, const float *restrict g, float *restrict m, float *restrict v, const adamw_numbers *numbers,
    int64_t start, int64_t end) {
  adamw_numbers n = *numbers;
  for (int64_t i = start; i < end; i++) {
    float gradient = n.factor * g[i];
    float mean = n.beta1 * m[i] + n.rest1 * gradient;
    float variance = n.beta2 * v[i] + n.rest2 * gradient * gradient;
    m[i] = mean;
    v[i] = variance;
    p[i] = n.keep * p[i] - n.step * mean / (n.scale * __builtin_sqrtf(variance) + n.epsilon);
  }
}

static void adamw(const struct residual_adamw *o) {
  float factor = factor_of(o->factor);
  if (factor == 0) {
    return;
  }
  int32_t steps = ++*o->steps;
  adamw_numbers numbers = {
      .factor = factor,
      .beta1 = (float)o->beta1,
      .beta2 = (float)o->beta2,
      .rest1 = (float)(1 - o->beta1),
      .rest2 = (float)(1 - o->beta2),
      .keep = 1 - *o->rate * o->decay,
      .step = (float)(*o->rate / (1 - pow(o->beta1, steps))),
      .scale = (float)(1 / sqrt(1 - pow(o->beta2, steps))),
      .epsilon = o->epsilon,
  };
#pragma omp parallel num_threads(update_threads(o->elements, o->threads))
  {
    uint32_t csr = flush_denormals();
    adamw_range(
        o->parameter, o->gradient, o->mean, o->variance, &numbers, first_element(o->elements),
        end_element(o->elements));
    restore_denormals(csr);
  }
}
