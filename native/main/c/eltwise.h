/* Functions of each element and their gradients, and functions of two tensors with broadcasting; NaN stays NaN. */

/* Fewer elements than this are not worth waking the other threads. */
#define ELTWISE_ALONE 32768

/* Elements that are computed at a time: as floats they stay in L1. */
#define ELTWISE_BLOCK 512

static inline float bf16_to_float(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

/* exp(x) to 1.5 units in the last place; the smallest and largest floats where there are none so small or large. */
static inline float exponential(float x) {
  float bounded = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  float shifted = bounded * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the integer is in the last bits */
  float n = shifted - 12582912.0f;
  float r = (bounded - n * 0.693145752f) - n * 1.42860677e-6f;
  float p = 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r * r + r + 1;
  int32_t power;
  memcpy(&power, &shifted, sizeof power);
  uint32_t bits = ((uint32_t)power + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

static inline float clipped(float x, float low, float high) {
  float v = x <= low ? low : x;
  return v >= high ? high : v;
}

static inline float logistic(float x) { return 1 / (1 + exponential(-x)); }

/* exp(-x^2 / 2) */
static inline float bell(float x) { return exponential(-0.5f * x * x); }

/*
 * The probability that a normal variable is below x, from its bell. That of -|x| over the bell is a polynomial of
 * 1 / (1 + 0.3 |x|) without constant, fitted to a relative error of 1.5e-7; so small probabilities stay accurate.
 */
static inline float below(float x, float bell_of_x) {
  float t = 1 / (1 + 0.3f * fabsf(x));
  float p = 0.0356748775f;
  p = p * t + -0.157203495f;
  p = p * t + 0.206354201f;
  p = p * t + -0.0536842458f;
  p = p * t + 0.128561869f;
  p = p * t + 0.0999134108f;
  p = p * t + 0.120753966f;
  p = p * t + 0.119629301f;
  float tail = p * t * bell_of_x;
  return x > 0 ? 1 - tail : tail;
}

/* A loop for each function: `x` is the element. */
#define EACH_ELEMENT(expression)     \
  for (int64_t i = 0; i < n; i++) { \
    float x = src[i];                \
    dst[i] = (expression);           \
  }                                  \
  break;

static void eltwise_floats(const struct residual_eltwise *o, const float *src, float *dst, int64_t n) {
  float alpha = o->alpha, beta = o->beta;
  switch (o->function) {
    case RESIDUAL_CLIP:
#pragma GCC ivdep
      EACH_ELEMENT(clipped(x, alpha, beta))
    case RESIDUAL_LEAKY_RELU:
#pragma GCC ivdep
      EACH_ELEMENT(x < 0 ? alpha * x : x)
    case RESIDUAL_SIGMOID:
#pragma GCC ivdep
      EACH_ELEMENT(logistic(x))
    case RESIDUAL_HARD_SIGMOID:
#pragma GCC ivdep
      EACH_ELEMENT(clipped(alpha * x + beta, 0, 1))
    case RESIDUAL_HARD_SWISH:
#pragma GCC ivdep
      EACH_ELEMENT(x * clipped(alpha * x + beta, 0, 1))
    case RESIDUAL_SWISH:
#pragma GCC ivdep
      EACH_ELEMENT(x * logistic(x))
    case RESIDUAL_GELU:
#pragma GCC ivdep
      EACH_ELEMENT(x * below(x, bell(x)))
    case RESIDUAL_LINEAR:
#pragma GCC ivdep
      EACH_ELEMENT(alpha * x + beta)
  }
}

/* `n` elements, at most a block of them, as floats: in place where they are, else in `block`. */
static inline const float *as_floats(const void *src, int64_t first, int64_t stride, int64_t n, int dtype, float *block) {
  if (dtype == RESIDUAL_F32 && stride == 1) {
    return (const float *)src + first;
  }
  const float *floats = (const float *)src + first;
  const uint16_t *halves = (const uint16_t *)src + first;
  if (stride == 0) {
    float x = dtype == RESIDUAL_F32 ? *floats : bf16_to_float(*halves);
    for (int64_t i = 0; i < n; i++) {
      block[i] = x;
    }
  } else if (stride == 1) {
    for (int64_t i = 0; i < n; i++) {
      block[i] = bf16_to_float(halves[i]);
    }
  } else {
    for (int64_t i = 0; i < n; i++) {
      block[i] = dtype == RESIDUAL_F32 ? floats[i * stride] : bf16_to_float(halves[i * stride]);
    }
  }
  return block;
}

static inline void rounded_to_bf16(const float *src, uint16_t *dst, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    dst[i] = round_bf16(src[i]);
  }
}

static void eltwise(const struct residual_eltwise *o) {
  int64_t blocks = (o->elements + ELTWISE_BLOCK - 1) / ELTWISE_BLOCK;
#pragma omp parallel num_threads(o->elements < ELTWISE_ALONE ? 1 : o->threads)
  {
    uint32_t csr = flush_denormals();
    float block[ELTWISE_BLOCK];
#pragma omp for schedule(static)
    for (int64_t b = 0; b < blocks; b++) {
      int64_t first = b * ELTWISE_BLOCK, n = least(ELTWISE_BLOCK, o->elements - first);
      const float *src = as_floats(o->src, first, 1, n, o->dtype, block);
      if (o->dtype == RESIDUAL_F32) {
        eltwise_floats(o, src, (float *)o->dst + first, n);
      } else {
        eltwise_floats(o, src, block, n);
        rounded_to_bf16(block, (uint16_t *)o->dst + first, n);
      }
    }
    restore_denormals(csr);
  }
}

/* A loop for each function: `x` and `y` are the elements. */
#define EACH_PAIR(expression)          \
  for (int64_t i = 0; i < n; i++) {   \
    float x = src0[i], y = src1[i];    \
    dst[i] = (expression);             \
  }                                    \
  break;

static void binary_floats(int function, const float *src0, const float *src1, float *dst, int64_t n) {
  switch (function) {
    case RESIDUAL_ADD:
#pragma GCC ivdep
      EACH_PAIR(x + y)
    case RESIDUAL_SUB:
#pragma GCC ivdep
      EACH_PAIR(x - y)
    case RESIDUAL_MUL:
#pragma GCC ivdep
      EACH_PAIR(x * y)
    case RESIDUAL_DIV:
#pragma GCC ivdep
      EACH_PAIR(x / y)
    case RESIDUAL_MAX:
#pragma GCC ivdep
      EACH_PAIR((x > y) | (x != x) ? x : y)
    case RESIDUAL_MIN:
#pragma GCC ivdep
      EACH_PAIR((x < y) | (x != x) ? x : y)
  }
}

static inline float swish_slope(float x) {
  float s = logistic(x);
  return s * (1 + x * (1 - s));
}

static inline float gelu_slope(float x) {
  float b = bell(x);
  return below(x, b) + x * (0.398942280f * b); /* 1 / sqrt(2 pi) */
}

/* src0 is what the function was of, src1 the gradient of the result. */
static void eltwise_gradients(
    const struct residual_eltwise *o, const float *src0, const float *src1, float *dst, int64_t n) {
  float alpha = o->alpha, beta = o->beta;
  switch (o->function) {
    case RESIDUAL_CLIP:
#pragma GCC ivdep
      EACH_PAIR((x <= alpha) | (x >= beta) ? 0 : y)
    case RESIDUAL_LEAKY_RELU:
#pragma GCC ivdep
      EACH_PAIR(x <= 0 ? alpha * y : y)
    case RESIDUAL_SIGMOID:
#pragma GCC ivdep
      EACH_PAIR(y * (logistic(x) * (1 - logistic(x))))
    case RESIDUAL_HARD_SIGMOID:
#pragma GCC ivdep
      EACH_PAIR((alpha * x + beta <= 0) | (alpha * x + beta >= 1) ? 0 : alpha * y)
    case RESIDUAL_HARD_SWISH:
#pragma GCC ivdep
      EACH_PAIR(alpha * x + beta <= 0 ? 0 : alpha * x + beta >= 1 ? y : y * (alpha * x + beta + alpha * x))
    case RESIDUAL_SWISH:
#pragma GCC ivdep
      EACH_PAIR(y * swish_slope(x))
    case RESIDUAL_GELU:
#pragma GCC ivdep
      EACH_PAIR(y * gelu_slope(x))
    case RESIDUAL_LINEAR:
#pragma GCC ivdep
      for (int64_t i = 0; i < n; i++) {
        dst[i] = alpha * src1[i];
      }
  }
}

static void eltwise_backward(const struct residual_eltwise *o) {
  int64_t blocks = (o->elements + ELTWISE_BLOCK - 1) / ELTWISE_BLOCK;
#pragma omp parallel num_threads(o->elements < ELTWISE_ALONE ? 1 : o->threads)
  {
    uint32_t csr = flush_denormals();
    float first_block[ELTWISE_BLOCK], second_block[ELTWISE_BLOCK];
#pragma omp for schedule(static)
    for (int64_t b = 0; b < blocks; b++) {
      int64_t first = b * ELTWISE_BLOCK, n = least(ELTWISE_BLOCK, o->elements - first);
      const float *src = as_floats(o->src, first, 1, n, o->dtype, first_block);
      const float *diff = as_floats(o->diff_dst, first, 1, n, o->dtype, second_block);
      if (o->dtype == RESIDUAL_F32) {
        eltwise_gradients(o, src, diff, (float *)o->dst + first, n);
      } else {
        eltwise_gradients(o, src, diff, first_block, n);
        rounded_to_bf16(first_block, (uint16_t *)o->dst + first, n);
      }
    }
    restore_denormals(csr);
  }
}

/* Threads share the blocks of all rows. */
static void scale_rows(const struct residual_scale_rows *o) {
  int64_t across = (o->elements + ELTWISE_BLOCK - 1) / ELTWISE_BLOCK;
#pragma omp parallel num_threads(o->rows * o->elements < ELTWISE_ALONE ? 1 : o->threads)
  {
    uint32_t csr = flush_denormals();
    float block[ELTWISE_BLOCK];
#pragma omp for schedule(static)
    for (int64_t b = 0; b < o->rows * across; b++) {
      int64_t row = b / across, in_row = b % across * ELTWISE_BLOCK;
      int64_t first = row * o->elements + in_row, n = least(ELTWISE_BLOCK, o->elements - in_row);
      const float *src = as_floats(o->src, first, 1, n, o->dtype, block);
      float *dst = o->dtype == RESIDUAL_F32 ? (float *)o->dst + first : block;
      float factor = o->mask[row] ? o->scale : 0;
#pragma GCC ivdep
      for (int64_t i = 0; i < n; i++) {
        dst[i] = src[i] * factor;
      }
      if (o->dtype != RESIDUAL_F32) {
        rounded_to_bf16(block, (uint16_t *)o->dst + first, n);
      }
    }
    restore_denormals(csr);
  }
}

/* Threads share the blocks of all innermost runs. */
static void binary(const struct residual_binary *o) {
  const int64_t *extents = o->extents, *s0 = o->strides0, *s1 = o->strides1, *to = o->dst_strides;
  int64_t runs = extents[0] * extents[1] * extents[2];
  int64_t across = (extents[3] + ELTWISE_BLOCK - 1) / ELTWISE_BLOCK;
#pragma omp parallel num_threads(runs * extents[3] < ELTWISE_ALONE ? 1 : o->threads)
  {
    uint32_t csr = flush_denormals();
    float block0[ELTWISE_BLOCK], block1[ELTWISE_BLOCK];
#pragma omp for schedule(static)
    for (int64_t b = 0; b < runs * across; b++) {
      int64_t run = b / across, first = b % across * ELTWISE_BLOCK;
      int64_t z = run % extents[2], y = run / extents[2] % extents[1], x = run / extents[2] / extents[1];
      int64_t n = least(ELTWISE_BLOCK, extents[3] - first);
      int64_t from0 = x * s0[0] + y * s0[1] + z * s0[2] + first * s0[3];
      int64_t from1 = x * s1[0] + y * s1[1] + z * s1[2] + first * s1[3];
      int64_t dst = x * to[0] + y * to[1] + z * to[2] + first;
      const float *src0 = as_floats(o->src0, from0, s0[3], n, o->dtype, block0);
      const float *src1 = as_floats(o->src1, from1, s1[3], n, o->dtype, block1);
      if (o->dtype == RESIDUAL_F32) {
        binary_floats(o->function, src0, src1, (float *)o->dst + dst, n);
      } else {
        binary_floats(o->function, src0, src1, block0, n);
        rounded_to_bf16(block0, (uint16_t *)o->dst + dst, n);
      }
    }
    restore_denormals(csr);
  }
}
