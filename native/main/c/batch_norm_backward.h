/* Batch norm backward: one pass that sums, one that writes the gradient of the source. */

/* The gradient that reaches x before it is normalised. */
typedef struct {
  const float *dy;
  const float *add; /* added to dy, or null */
  const uint8_t *mask; /* of the ReLU, or null */
} incoming;

/*
 * Adds sum(g) and sum(g * (x - mean)) of rows to s and q, and writes g if asked to, perhaps over what it was read from;
 * the flags are constants.
 */
static inline __attribute__((always_inline)) void reduce_block(
    const float *restrict x, incoming in, float *g, const float *restrict mean, float *restrict s,
    float *restrict q, int64_t first, int64_t last, int64_t channels, int with_add, int with_mask,
    int with_g) {
  const float *dy = in.dy, *dz = in.add;
  const uint8_t *restrict mask = in.mask;
  int64_t r = first;
  for (; r + 4 <= last; r += 4) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      vec m = load(mean + c);
      vec sum = load(s + c);
      vec product = load(q + c);
#pragma GCC unroll 4
      for (int k = 0; k < 4; k++) {
        int64_t i = (r + k) * channels + c;
        __builtin_prefetch(x + i + AHEAD + 4 * channels);
        __builtin_prefetch(dy + i + AHEAD + 4 * channels);
        vec d = load(dy + i);
        if (with_add) {
          __builtin_prefetch(dz + i + AHEAD + 4 * channels);
          d = add(d, load(dz + i));
        }
        if (with_mask) {
          d = MASKED(mask, i, d);
        }
        if (with_g) {
          store(g + i, d);
        }
        sum = add(sum, d);
        product = fma3(d, sub(load(x + i), m), product);
      }
      store(s + c, sum);
      store(q + c, product);
    }
  }
  for (; r < last; r++) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      int64_t i = r * channels + c;
      vec d = load(dy + i);
      if (with_add) {
        d = add(d, load(dz + i));
      }
      if (with_mask) {
        d = MASKED(mask, i, d);
      }
      if (with_g) {
        store(g + i, d);
      }
      store(s + c, add(load(s + c), d));
      store(q + c, fma3(d, sub(load(x + i), load(mean + c)), load(q + c)));
    }
  }
}

static __attribute__((noinline)) void reduce_rows(
    const float *x, incoming in, float *g, const float *mean, float *s, float *q,
    double *restrict sums, int64_t start, int64_t end, int64_t channels) {
  for (int64_t first = start; first < end; first += FLUSH_ROWS) {
    int64_t last = first + FLUSH_ROWS < end ? first + FLUSH_ROWS : end;
    memset(s, 0, sizeof(float) * channels);
    memset(q, 0, sizeof(float) * channels);
    if (in.mask) {
      if (in.add) {
        reduce_block(x, in, g, mean, s, q, first, last, channels, 1, 1, 1);
      } else if (g) {
        reduce_block(x, in, g, mean, s, q, first, last, channels, 0, 1, 1);
      } else {
        reduce_block(x, in, g, mean, s, q, first, last, channels, 0, 1, 0);
      }
    } else if (in.add) {
      reduce_block(x, in, g, mean, s, q, first, last, channels, 1, 0, 1);
    } else if (g) {
      reduce_block(x, in, g, mean, s, q, first, last, channels, 0, 0, 1);
    } else {
      reduce_block(x, in, g, mean, s, q, first, last, channels, 0, 0, 0);
    }
    for (int64_t c = 0; c < channels; c++) {
      sums[c] += s[c];
      sums[channels + c] += q[c];
    }
  }
}

/* dx = a * g + b * (x - mean) + d for rows; dx may take the place of x or g. */
static inline __attribute__((always_inline)) void gradient_rows(
    const float *x, const float *dy, const uint8_t *restrict mask, float *dx, const float *restrict a, const float *restrict b, const float *restrict d,
    const float *restrict mean, int64_t start, int64_t end, int64_t channels, int with_mask) {
  for (int64_t r = start; r < end; r++) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      int64_t i = r * channels + c;
      vec g = load(dy + i);
      if (with_mask) {
        g = MASKED(mask, i, g);
      }
      vec centred = sub(load(x + i), load(mean + c));
      store(dx + i, fma3(g, load(a + c), fma3(centred, load(b + c), load(d + c))));
    }
  }
}

static __attribute__((noinline)) void gradient(
    const float *x, const float *dy, const uint8_t *mask, float *dx, const float *constant,
    int64_t start, int64_t end, int64_t channels) {
  const float *a = constant, *b = a + channels, *d = b + channels, *mean = d + channels;
  if (mask) {
    gradient_rows(x, dy, mask, dx, a, b, d, mean, start, end, channels, 1);
  } else {
    gradient_rows(x, dy, mask, dx, a, b, d, mean, start, end, channels, 0);
  }
}

static void batch_norm_backward(const struct residual_batch_norm_backward *arg) {
  struct residual_batch_norm_backward o = *arg;
  matrix m = join_rows(o.rows, o.channels);
  scratch_arrays arrays = scratch_of(o.scratch, m.channels, o.threads);
  float *mean = arrays.constant + 3 * m.channels;
  incoming in = {o.diff_dst, o.diff_dst_add, o.mask};
  /* A sum is written once and read again: where it was asked for, or where its result will be. */
  float *g = o.diff_add ? o.diff_add : o.diff_dst_add ? o.diff_src : NULL;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads(); /* fewer than asked for, if the runtime has a limit */
    int64_t start = share(&m, t, team);
    int64_t end = share(&m, t + 1, team);
#pragma omp for schedule(static)
    for (int64_t j = 0; j < m.joined; j++) {
      memcpy(mean + j * o.channels, o.mean, sizeof(float) * o.channels);
    }
    double *sums = arrays.sums + 2 * t * m.channels;
    float *partial = arrays.partial + 2 * t * m.channels;
    memset(sums, 0, sizeof(double) * 2 * m.channels);
    reduce_rows(
        o.src, in, g, mean, partial, partial + m.channels, sums, start, end, m.channels);
#pragma omp barrier
#pragma omp for schedule(static)
    for (int64_t c = 0; c < o.channels; c++) {
      double sum = total(&arrays, &m, o.channels, c, 0, team);
      double product = total(&arrays, &m, o.channels, c, 1, team);
      double inverse = 1 / sqrt(o.variance[c] + o.epsilon);
      double a = o.scale[c] * inverse;
      o.diff_shift[c] = (float)sum;
      o.diff_scale[c] = (float)(product * inverse);
      for (int64_t j = 0; j < m.joined; j++) {
        float *constant = arrays.constant + j * o.channels + c;
        constant[0] = (float)a;
        constant[m.channels] = o.frozen ? 0 : (float)(-a * inverse * inverse * product / o.rows);
        constant[2 * m.channels] = o.frozen ? 0 : (float)(-a * sum / o.rows);
      }
    }
    if (g) {
      gradient(o.src, g, NULL, o.diff_src, arrays.constant, start, end, m.channels);
    } else {
      gradient(o.src, o.diff_dst, o.mask, o.diff_src, arrays.constant, start, end, m.channels);
    }
    restore_denormals(csr);
  }
}
