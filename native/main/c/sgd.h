/* Stochastic gradient descent on one parameter. */

/* Fewer elements than this are not worth waking the other threads. */
#define SGD_ALONE 16384

static inline __attribute__((always_inline)) void sgd_elements(
    float *restrict p, const float *restrict g, float *restrict v, float rate, float momentum,
    float decay, int64_t start, int64_t end, int with_velocity, int nesterov) {
  for (int64_t i = start; i < end; i++) {
    float step = g[i] + decay * p[i];
    if (with_velocity) {
      float velocity = momentum * v[i] + step;
      v[i] = velocity;
      step = nesterov ? step + momentum * velocity : velocity;
    }
    p[i] -= rate * step;
  }
}

static __attribute__((noinline)) void sgd_range(const struct residual_sgd *o, int64_t start, int64_t end) {
  float *p = o->parameter;
  const float *g = o->gradient;
  float *v = o->velocity;
  float rate = *o->rate;
  if (!v) {
    sgd_elements(p, g, v, rate, o->momentum, o->decay, start, end, 0, 0);
  } else if (o->nesterov) {
    sgd_elements(p, g, v, rate, o->momentum, o->decay, start, end, 1, 1);
  } else {
    sgd_elements(p, g, v, rate, o->momentum, o->decay, start, end, 1, 0);
  }
}

static void sgd(const struct residual_sgd *o) {
  int threads = o->elements < SGD_ALONE ? 1 : o->threads;
#pragma omp parallel num_threads(threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads(); /* fewer than asked for, if the runtime has a limit */
    sgd_range(o, o->elements * t / team, o->elements * (t + 1) / team);
    restore_denormals(csr);
  }
}
