/* Floats rounded to integers of 8 bits, and the floats that such integers stand for. */
#include "rows.h"

/* Fewer elements than this are not worth waking the other threads. */
#define QUANTIZE_ALONE 65536

/* What a loop does, as constants: see EACH_OF_8. */
#define QUANTIZE_BF16 1
#define QUANTIZE_SIGNED 2
#define QUANTIZE_BACK 4

/* Elements that a loop takes at a time. */
#define QUANTIZE_STEP (4 * WIDTH)

static inline __attribute__((always_inline)) void quantize_step(
    const char *src, char *dst, int64_t i, float factor, int flags) {
  int bf16 = flags & QUANTIZE_BF16, with_sign = flags & QUANTIZE_SIGNED;
  vec v[4];
  for (int k = 0; k < 4; k++, i += WIDTH) {
    v[k] = mul(flags & QUANTIZE_BACK ? load_8bit(src + i, with_sign) : get(src, i, bf16), splat(factor));
    if (flags & QUANTIZE_BACK) { put(dst, i, v[k], bf16); }
  }
  if (!(flags & QUANTIZE_BACK)) { store_8bit(dst + i - QUANTIZE_STEP, v, with_sign); }
}

static inline __attribute__((always_inline)) void quantize_elements(
    const struct residual_quantize *o, int64_t from, int64_t to, int flags) {
  const char *src = o->src;
  char *dst = o->dst;
  float factor = o->factor;
  int64_t i = from;
  for (; i + QUANTIZE_STEP <= to; i += QUANTIZE_STEP) { quantize_step(src, dst, i, factor, flags); }
  if (i < to) { /* copied, for a step would read and write beyond the end */
    int64_t bytes = flags & QUANTIZE_BF16 ? 2 : 4;
    int64_t read = flags & QUANTIZE_BACK ? 1 : bytes, written = bytes + 1 - read;
    char last[4 * QUANTIZE_STEP] = {0}, result[4 * QUANTIZE_STEP];
    memcpy(last, src + i * read, (to - i) * read);
    quantize_step(last, result, 0, factor, flags);
    memcpy(dst + i * written, result, (to - i) * written);
  }
}

static void quantize_share(const struct residual_quantize *o, int64_t from, int64_t to, int back) {
  switch ((o->dtype == RESIDUAL_BF16 ? QUANTIZE_BF16 : 0) | (o->is_signed ? QUANTIZE_SIGNED : 0) | back) {
#define CASE(flags)                        \
  case flags:                              \
    quantize_elements(o, from, to, flags); \
    break;
    EACH_OF_8(CASE, 0)
#undef CASE
  }
}

/* Threads share the elements in whole cache lines of integers. */
static void quantize_all(const struct residual_quantize *o, int back) {
#pragma omp parallel num_threads(o->elements < QUANTIZE_ALONE ? 1 : o->threads)
  {
    uint32_t csr = flush_denormals();
    int64_t t = omp_get_thread_num();
    int64_t team = omp_get_num_threads();
    int64_t lines = (o->elements + 63) / 64;
    int64_t end = lines * (t + 1) / team * 64;
    quantize_share(o, lines * t / team * 64, end < o->elements ? end : o->elements, back);
    restore_denormals(csr);
  }
}

static void quantize(const struct residual_quantize *o) { quantize_all(o, 0); }

static void dequantize(const struct residual_quantize *o) { quantize_all(o, QUANTIZE_BACK); }
