/* The rectified linear unit and its gradient, element by element; NaN stays NaN, and lets gradients pass. */

/* Fewer elements than this are not worth waking the other threads. */
#define RELU_ALONE 32768

/* Of bf16: whether the bits are those of a negative number, of which NaN is none. */
static inline int negative_bf16(uint16_t bits) { return (uint16_t)(bits - 0x8001) < 0x7f80; }

static void relu_elements(const struct residual_relu *o, int64_t from, int64_t to) {
  if (o->dtype == RESIDUAL_BF16) {
    const uint16_t *src = o->src;
    uint16_t *dst = o->dst;
#pragma GCC ivdep
    for (int64_t i = from; i < to; i++) {
      dst[i] = negative_bf16(src[i]) ? 0 : src[i];
    }
  } else {
    const float *src = o->src;
    float *dst = o->dst;
#pragma GCC ivdep
    for (int64_t i = from; i < to; i++) {
      dst[i] = src[i] < 0 ? 0 : src[i];
    }
  }
}

static void relu_backward_elements(const struct residual_relu *o, int64_t from, int64_t to) {
  if (o->dtype == RESIDUAL_BF16) {
    const uint16_t *src = o->src, *diff = o->diff_dst;
    uint16_t *dst = o->dst;
#pragma GCC ivdep
    for (int64_t i = from; i < to; i++) {
      dst[i] = negative_bf16(src[i]) | ((src[i] & 0x7fff) == 0) ? 0 : diff[i];
    }
  } else {
    const float *src = o->src, *diff = o->diff_dst;
    float *dst = o->dst;
#pragma GCC ivdep
    for (int64_t i = from; i < to; i++) {
      dst[i] = src[i] <= 0 ? 0 : diff[i];
    }
  }
}

/* Threads share the elements in whole cache lines. */
static void relu_all(const struct residual_relu *o, void (*some)(const struct residual_relu *, int64_t, int64_t)) {
#pragma omp parallel num_threads(o->elements < RELU_ALONE ? 1 : o->threads)
  {
    int64_t t = omp_get_thread_num();
    int64_t team = omp_get_num_threads();
    int64_t lines = (o->elements + 31) / 32;
    some(o, lines * t / team * 32, least(lines * (t + 1) / team * 32, o->elements));
  }
}

static void relu_forward(const struct residual_relu *o) { relu_all(o, relu_elements); }

static void relu_backward(const struct residual_relu *o) { relu_all(o, relu_backward_elements); }
