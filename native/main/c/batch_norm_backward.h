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

enum { GRADIENT_BF16 = 1, GRADIENT_ADD = 2, GRADIENT_MASK = 4, GRADIENT_WRITE = 8 };

/* In the second pass, which writes nothing aside: statistics are constants, and x is not read. */
enum { GRADIENT_FROZEN = 8 };

static inline int gradient_flags(const gradient_rows *rows, int bf16) {
  return (bf16 ? GRADIENT_BF16 : 0) | (rows->dz ? GRADIENT_ADD : 0) | (rows->mask ? GRADIENT_MASK : 0) |
      (rows->g ? GRADIENT_WRITE : 0);
}

/* What has passed of the gradient at some element. */
static inline __attribute__((always_inline)) vec passed(
    const void *dy, const void *dz, const uint8_t *mask, int64_t i, const int flags) {
  vec d = get(dy, i, flags & GRADIENT_BF16);
  if (flags & GRADIENT_ADD) {
    d = add(d, get(dz, i, flags & GRADIENT_BF16));
  }
  if (flags & GRADIENT_MASK) {
    d = MASKED(mask, i, d);
  }
  return d;
}

/* Adds sum(g) and sum(g * (x - mean)) of rows to s and q, four at a time or one, and writes g if asked to. */
static inline __attribute__((always_inline)) void reduce_together(
    const gradient_rows *rows, const float *restrict mean, float *restrict s, float *restrict q, int64_t r,
    const int together, const int flags) {
  const int bf16 = flags & GRADIENT_BF16;
  const void *x = rows->x, *dy = rows->dy, *dz = rows->dz;
  const uint8_t *restrict mask = rows->mask;
  void *g = rows->g;
  int64_t channels = rows->channels;
  for (int64_t c = 0; c < channels; c += WIDTH) {
    vec m = load(mean + c);
    vec sum = load(s + c);
    vec product = load(q + c);
#pragma GCC unroll 4
    for (int k = 0; k < together; k++) {
      int64_t i = (r + k) * channels + c;
      if (together > 1) {
        fetch(x, i + together * channels, bf16);
        fetch(dy, i + together * channels, bf16);
        if (flags & GRADIENT_ADD) {
          fetch(dz, i + together * channels, bf16);
        }
      }
      vec d = passed(dy, dz, mask, i, flags);
      if (flags & GRADIENT_WRITE) {
        put(g, i, d, bf16);
      }
      sum = add(sum, d);
      product = fma3(d, sub(get(x, i, bf16), m), product);
    }
    store(s + c, sum);
    store(q + c, product);
  }
}

static inline __attribute__((always_inline)) void reduce_block(
    const gradient_rows *rows, const float *mean, float *s, float *q, int64_t first, int64_t last, const int flags) {
  int64_t r = first;
  for (; r + 4 <= last; r += 4) {
    reduce_together(rows, mean, s, q, r, 4, flags);
  }
  for (; r < last; r++) {
    reduce_together(rows, mean, s, q, r, 1, flags);
  }
}

static __attribute__((noinline)) void reduce(
    const gradient_rows *rows, const float *mean, float *s, float *q, int64_t first, int64_t last, int bf16) {
  switch (gradient_flags(rows, bf16)) {
#define CASE(flags) \
  case flags: \
    reduce_block(rows, mean, s, q, first, last, flags); \
    break;
    EACH_OF_16(CASE, 0)
#undef CASE
  }
}

static void reduce_rows(
    const gradient_rows *rows, const float *mean, float *s, float *q, double *restrict sums, int64_t start,
    int64_t end, int bf16) {
  int64_t channels = rows->channels;
  for (int64_t last = end; last > start; last -= FLUSH_ROWS) {
    int64_t first = last - FLUSH_ROWS > start ? last - FLUSH_ROWS : start;
    memset(s, 0, sizeof(float) * channels);
    memset(q, 0, sizeof(float) * channels);
    reduce(rows, mean, s, q, first, last, bf16);
    for (int64_t c = 0; c < channels; c++) {
      sums[c] += s[c];
      sums[channels + c] += q[c];
    }
  }
}

/* dx = a * g + b * (x - mean) + d for rows; a * g where statistics are frozen. */
static inline __attribute__((always_inline)) void differentiate_rows(
    const gradient_rows *rows, const float *restrict constant, const float *restrict mean, int64_t start, int64_t end,
    const int flags) {
  const int bf16 = flags & GRADIENT_BF16;
  int64_t channels = rows->channels;
  const float *restrict a = constant, *restrict b = a + channels;
  const float *restrict d = b + channels;
  const void *x = rows->x, *dy = rows->dy, *dz = rows->dz;
  const uint8_t *restrict mask = rows->mask;
  void *dx = rows->dx;
  for (int64_t r = start; r < end; r++) {
    for (int64_t c = 0; c < channels; c += WIDTH) {
      int64_t i = r * channels + c;
      vec g = passed(dy, dz, mask, i, flags);
      if (flags & GRADIENT_FROZEN) {
        put(dx, i, mul(g, load(a + c)), bf16);
        continue;
      }
      vec centred = sub(get(x, i, bf16), load(mean + c));
      put(dx, i, fma3(g, load(a + c), fma3(centred, load(b + c), load(d + c))), bf16);
    }
  }
}

static __attribute__((noinline)) void differentiate(
    gradient_rows rows, const float *constant, const float *mean, int64_t start, int64_t end, int bf16, int frozen) {
  if (rows.g) { /* what has passed is there */
    rows.dy = rows.g;
    rows.dz = rows.g = NULL;
    rows.mask = NULL;
  }
  switch (gradient_flags(&rows, bf16) | (frozen ? GRADIENT_FROZEN : 0)) {
#define CASE(flags) \
  case flags: \
    differentiate_rows(&rows, constant, mean, start, end, flags); \
    break;
    EACH_OF_16(CASE, 0)
#undef CASE
  }
}

static void batch_norm_backward(const struct residual_batch_norm_backward *arg) {
  struct residual_batch_norm_backward o = *arg;
  matrix m = join_rows(o.rows, o.channels);
  scratch_arrays arrays = scratch_of(o.scratch, m.channels);
  int bf16 = o.dtype == RESIDUAL_BF16;
  int64_t count = o.part == RESIDUAL_APPLICATION ? o.count : o.rows;
  gradient_rows rows = {o.src, o.diff_dst, o.diff_dst_add, o.mask, o.diff_add, o.diff_src, m.channels};
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads(); /* fewer than asked for, if the runtime has a limit */
    int64_t start = share(&m, t, team);
    int64_t end = share(&m, t + 1, team);
    float *mean = given_of(&arrays, t);
    for (int64_t j = 0; j < m.joined; j++) {
      memcpy(mean + j * o.channels, o.mean, sizeof(float) * o.channels);
    }
    int given = o.part == RESIDUAL_APPLICATION;
    if (!given) {
      double *sums = sums_of(&arrays, t);
      float *partial = partial_of(&arrays, t);
      memset(sums, 0, sizeof(double) * 2 * m.channels);
      reduce_rows(&rows, mean, partial, partial + m.channels, sums, start, end, bf16);
#pragma omp barrier
    }
    int64_t last = channel_share(o.channels, t + 1, team);
    for (int64_t c = channel_share(o.channels, t, team); c < last; c++) {
      double sum = given ? o.totals[c] : total(&arrays, &m, o.channels, c, 0, team);
      double product = given ? o.totals[o.channels + c] : total(&arrays, &m, o.channels, c, 1, team);
      if (o.part == RESIDUAL_STATISTICS) {
        o.totals[c] = sum;
        o.totals[o.channels + c] = product;
        continue;
      }
      double inverse = 1 / sqrt(o.variance[c] + o.epsilon);
      double a = o.scale[c] * inverse;
      o.diff_shift[c] = (float)sum;
      o.diff_scale[c] = (float)(product * inverse);
      for (int64_t j = 0; j < m.joined; j++) {
        float *constant = arrays.constant + j * o.channels + c;
        constant[0] = (float)a;
        constant[m.channels] = (float)(-a * inverse * inverse * product / count);
        constant[2 * m.channels] = (float)(-a * sum / count);
      }
    }
    if (o.part != RESIDUAL_STATISTICS) {
#pragma omp barrier
      differentiate(rows, arrays.constant, mean, start, end, bf16, o.frozen);
    }
    restore_denormals(csr);
  }
}
