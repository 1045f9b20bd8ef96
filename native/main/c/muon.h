/* What Muon does around its products of matrices. */
#include <math.h>

#include "updates.h"

static __attribute__((noinline)) void muon_direction_range(
    const float *restrict g, float *restrict v, float *restrict d, float factor, float momentum, int64_t start,
    int64_t end) {
  for (int64_t i = start; i < end; i++) {
    float gradient = factor * g[i];
    float velocity = momentum * v[i] + gradient;
    v[i] = velocity;
    d[i] = gradient + momentum * velocity;
  }
}

static void muon_direction(const struct residual_muon *o) {
  float factor = factor_of(o->factor);
  int threads = update_threads(o->elements, o->threads);
#pragma omp parallel num_threads(threads)
  {
    uint32_t csr = flush_denormals();
    muon_direction_range(
        o->gradient, o->velocity, o->direction, factor, o->momentum, first_element(o->elements),
        end_element(o->elements));
    restore_denormals(csr);
  }
  float scale = (float)(1 / (sqrt(sum_of_squares(o->direction, o->elements, o->threads)) + o->epsilon));
#pragma omp parallel num_threads(threads)
  for (int64_t i = first_element(o->elements); i < end_element(o->elements); i++) {
    o->direction[i] *= scale;
  }
}

static void muon_polynomial(const struct residual_muon_polynomial *o) {
  int64_t elements = o->size * o->size;
#pragma omp parallel num_threads(update_threads(elements, o->threads))
  {
    int64_t start = first_element(elements), end = end_element(elements);
    for (int64_t i = start; i < end; i++) {
      o->square[i] = o->second * o->gram[i] + o->third * o->square[i];
    }
    int64_t apart = o->size + 1; /* of elements of the diagonal */
    for (int64_t i = (start + o->size) / apart * apart; i < end; i += apart) {
      o->square[i] += o->first;
    }
  }
}

static void muon(const struct residual_muon *o) {
  float keep = o->norm > 0 ? (float)(o->norm / sqrt(sum_of_squares(o->parameter, o->elements, o->threads)))
                           : 1 - *o->rate * o->decay;
  float step = *o->rate * o->scale;
#pragma omp parallel num_threads(update_threads(o->elements, o->threads))
  {
    uint32_t csr = flush_denormals();
    int64_t end = end_element(o->elements);
    for (int64_t i = first_element(o->elements); i < end; i++) {
      o->parameter[i] = keep * o->parameter[i] - step * o->direction[i];
    }
    restore_denormals(csr);
  }
}
