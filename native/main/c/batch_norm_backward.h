/* Batch norm backward: one pass that sums, one that writes the gradient of the source. */

/* What the passes over rows read and write; all of one type. */
typedef struct {
  const void *x;
  const void *dy;
  const void *dz;      /* added to dy, or null */
  const uint8_t *mask; /* of the ReLU that the sum passes, or null */
  void *g;             /* where what has passed is written, perhaps over dy or dz; or null */
  void *dx;            /* perhaps the same as x, dy, dz or g */
  int64_t channels;
} gradient_rows;

/* Adds sum(g) and sum(g * (x - mean)) of rows to s and q, and writes g if asked to; the flags are constants. */
static inline __attribute__((always_inline)) void reduce_block(
    const gradient_rows *rows, const float *restrict mean, float *restrict s, float *restrict q,
    int64_t first, int64_t last, int with_add, int with_mask, int with_g, int bf16) {
  const void *x = rows->x, *dy = rows->dy, *dz = rows->dz;
  const uint8_t *restrict mask = rows->mask;
  void *g = rows->g;
  int64_t channels = rows->channels;
  int64_t r = first;
  for (; r + 4 <= last; r += 4) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      vec m = load(mean + c);
      vec sum = load(s + c);
      vec product = load(q + c);
#pragma GCC unroll 4
      for (int k = 0; k < 4; k++) {
        int64_t i = (r + k) * channels + c;
        fetch(x, i + 4 * channels, bf16);
        fetch(dy, i + 4 * channels, bf16);
        vec d = get(dy, i, bf16);
        if (with_add) {
          fetch(dz, i + 4 * channels, bf16);
          d = add(d, get(dz, i, bf16));
        }
        if (with_mask) {
          d = MASKED(mask, i, d);
        }
        if (with_g) {
          put(g, i, d, bf16);
        }
        sum = add(sum, d);
        product = fma3(d, sub(get(x, i, bf16), m), product);
      }
      store(s + c, sum);
      store(q + c, product);
    }
  }
  for (; r < last; r++) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      int64_t i = r * channels + c;
      vec d = get(dy, i, bf16);
      if (with_add) {
        d = add(d, get(dz, i, bf16));
      }
      if (with_mask) {
        d = MASKED(mask, i, d);
      }
      if (with_g) {
        put(g, i, d, bf16);
      }
      store(s + c, add(load(s + c), d));
      store(q + c, fma3(d, sub(get(x, i, bf16), load(mean + c)), load(q + c)));
    }
  }
}

static inline __attribute__((always_inline)) void reduce_of(
    const gradient_rows *rows, const float *mean, float *s, float *q, int64_t first, int64_t last, int bf16) {
  if (rows->mask) {
    if (rows->dz) {
      reduce_block(rows, mean, s, q, first, last, 1, 1, 1, bf16);
    } else if (rows->g) {
      reduce_block(rows, mean, s, q, first, last, 0, 1, 1, bf16);
    } else {
      reduce_block(rows, mean, s, q, first, last, 0, 1, 0, bf16);
    }
  } else if (rows->dz) {
    reduce_block(rows, mean, s, q, first, last, 1, 0, 1, bf16);
  } else if (rows->g) {
    reduce_block(rows, mean, s, q, first, last, 0, 0, 1, bf16);
  } else {
    reduce_block(rows, mean, s, q, first, last, 0, 0, 0, bf16);
  }
}

static __attribute__((noinline)) void reduce_rows(
    const gradient_rows *rows, const float *mean, float *s, float *q, double *restrict sums,
    int64_t start, int64_t end, int bf16) {
  int64_t channels = rows->channels;
  for (int64_t last = end; last > start; last -= FLUSH_ROWS) {
    int64_t first = last - FLUSH_ROWS > start ? last - FLUSH_ROWS : start;
    memset(s, 0, sizeof(float) * channels);
    memset(q, 0, sizeof(float) * channels);
    if (bf16) {
      reduce_of(rows, mean, s, q, first, last, 1);
    } else {
      reduce_of(rows, mean, s, q, first, last, 0);
    }
    for (int64_t c = 0; c < channels; c++) {
      sums[c] += s[c];
      sums[channels + c] += q[c];
    }
  }
}

/* dx = a * g + b * (x - mean) + d for rows. */
static inline __attribute__((always_inline)) void differentiate_rows(
    const gradient_rows *rows, const float *restrict constant, int64_t start, int64_t end, int with_mask, int bf16) {
  int64_t channels = rows->channels;
  const float *restrict a = constant, *restrict b = a + channels;
  const float *restrict d = b + channels, *restrict mean = d + channels;
  const void *x = rows->x;
  const void *dy = rows->g ? rows->g : rows->dy;
  const uint8_t *restrict mask = rows->mask;
  void *dx = rows->dx;
  for (int64_t r = start; r < end; r++) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      int64_t i = r * channels + c;
      vec g = get(dy, i, bf16);
      if (with_mask) {
        g = MASKED(mask, i, g);
      }
      vec centred = sub(get(x, i, bf16), load(mean + c));
      put(dx, i, fma3(g, load(a + c), fma3(centred, load(b + c), load(d + c))), bf16);
    }
  }
}

static __attribute__((noinline)) void differentiate(
    const gradient_rows *rows, const float *constant, int64_t start, int64_t end, int bf16) {
  int with_mask = rows->mask && !rows->g;
  if (bf16) {
    if (with_mask) {
      differentiate_rows(rows, constant, start, end, 1, 1);
    } else {
      differentiate_rows(rows, constant, start, end, 0, 1);
    }
  } else if (with_mask) {
    differentiate_rows(rows, constant, start, end, 1, 0);
  } else {
    differentiate_rows(rows, constant, start, end, 0, 0);
  }
}

static void batch_norm_backward(const struct residual_batch_norm_backward *arg) {
  struct residual_batch_norm_backward o = *arg;
  matrix m = join_rows(o.rows, o.channels);
  scratch_arrays arrays = scratch_of(o.scratch, m.channels, o.threads);
  float *mean = arrays.constant + 3 * m.channels;
  int bf16 = o.dtype == RESIDUAL_BF16;
  /* A sum is written once and read again: where it was asked for, or where its result will be. */
  void *g = o.diff_add ? o.diff_add : o.diff_dst_add ? o.diff_src : NULL;
  gradient_rows rows = {o.src, o.diff_dst, o.diff_dst_add, o.mask, g, o.diff_src, m.channels};
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
    reduce_rows(&rows, mean, partial, partial + m.channels, sums, start, end, bf16);
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
    differentiate(&rows, arrays.constant, start, end, bf16);
    restore_denormals(csr);
  }
}
