/* The arguments of the kernels that change parameters, and of what they are made of. Part of residual.h. */
#ifndef RESIDUAL_UPDATE_ARGUMENTS_H
#define RESIDUAL_UPDATE_ARGUMENTS_H

#include <stdint.h>

/*
 * g = factor * gradient + decay * parameter; v = momentum * v + g; parameter -= rate * (nesterov ? g + momentum * v : v). In this
 * and in the other updates a factor of null stands for 1; where it is 0, nothing is changed.
 */
struct residual_sgd {
  float *parameter;
  const float *gradient;
  float *velocity; /* or null without momentum */
  const float *rate;
  const float *factor;
  int64_t elements;
  float momentum;
  float decay;
  int32_t nesterov;
  int32_t threads;
};

/*
 * g = factor * gradient; mean = beta1 * mean + (1 - beta1) * g; variance = beta2 * variance + (1 - beta2) * g * g; parameter = (1
 * - rate * decay) * parameter - rate * mean' / (sqrt(variance') + epsilon), where mean' = mean / (1 - beta1 ^ steps), and variance'
 * alike.
 */
struct residual_adamw {
  float *parameter;
  const float *gradient;
  float *mean;
  float *variance;
  int32_t *steps; /* how many were done; one more is counted first */
  const float *rate;
  const float *factor;
  int64_t elements;
  double beta1;
  double beta2;
  float epsilon;
  float decay;
  int32_t threads;
};

/*
 * v = momentum * v + ratio * (factor * gradient + decay * parameter); parameter -= rate * v. The ratio is trust * p / (g + decay *
 * p + epsilon), of the norms of parameter and gradient; 1 where one is 0.
 */
struct residual_lars {
  float *parameter;
  const float *gradient;
  float *velocity;
  const float *rate;
  const float *factor;
  int64_t elements;
  float trust;
  float momentum;
  float decay;
  float epsilon;
  int32_t threads;
};

/*
 * muon_direction: g = factor * gradient; v = momentum * v + g; direction = g + momentum * v, divided by its norm + epsilon. It runs
 * whatever the factor. muon: parameter = keep * parameter - rate * scale * direction, where keep is 1 - rate * decay, or what gives
 * the parameter a norm above 0.
 */
struct residual_muon {
  float *parameter;
  const float *gradient;
  float *velocity;
  float *direction;
  const float *rate;
  const float *factor;
  int64_t elements;
  float momentum;
  float decay;
  float scale;
  float norm; /* or 0 */
  float epsilon;
  int32_t threads;
};

/* square = first on the diagonal + second * gram + third * square, of matrices of size by size. */
struct residual_muon_polynomial {
  const float *gram;
  float *square;
  int64_t size;
  float first;
  float second;
  float third;
  int32_t threads;
};

/* target += share * (source - target); where share is 0, target keeps its bits, and where it is 1, it gets those of source. */
struct residual_lerp {
  float *target;
  const float *source;
  const float *share;
  int64_t elements;
  int32_t threads;
};

/* sum = the sum of the squares of src. */
struct residual_squares {
  const float *src;
  double *sum;
  int64_t elements;
  int32_t threads;
};

#endif
