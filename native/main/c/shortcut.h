/* The shortcut without parameters: every stride-th position, with zero channels on both sides. */

/* Fewer bytes than this are not worth waking the other threads. */
#define SHORTCUT_ALONE 65536

static inline size_t element_bytes(int32_t dtype) { return dtype == RESIDUAL_BF16 ? 2 : 4; }

static inline int shortcut_threads(const struct residual_shortcut *o) {
  int64_t elements = o->images * o->out_height * o->out_width * o->out_channels;
  return elements * (int64_t)element_bytes(o->dtype) < SHORTCUT_ALONE ? 1 : o->threads;
}

static void shortcut(const struct residual_shortcut *arg) {
  struct residual_shortcut o = *arg;
  size_t narrow = o.channels * element_bytes(o.dtype);
  size_t before = o.offset * element_bytes(o.dtype);
  size_t wide = o.out_channels * element_bytes(o.dtype);
  int64_t rows = o.images * o.out_height;
#pragma omp parallel for schedule(static) num_threads(shortcut_threads(&o))
  for (int64_t r = 0; r < rows; r++) {
    int64_t y = r / o.out_height * o.height + r % o.out_height * o.stride;
    const char *from = (const char *)o.src + y * o.width * narrow;
    char *to = (char *)o.dst + r * o.out_width * wide;
    for (int64_t x = 0; x < o.out_width; x++, from += o.stride * narrow, to += wide) {
      memset(to, 0, before);
      memcpy(to + before, from, narrow);
      memset(to + before + narrow, 0, wide - before - narrow);
    }
  }
}

static void shortcut_backward(const struct residual_shortcut *arg) {
  struct residual_shortcut o = *arg;
  size_t narrow = o.channels * element_bytes(o.dtype);
  size_t before = o.offset * element_bytes(o.dtype);
  size_t wide = o.out_channels * element_bytes(o.dtype);
  int64_t rows = o.images * o.height;
#pragma omp parallel for schedule(static) num_threads(shortcut_threads(&o))
  for (int64_t r = 0; r < rows; r++) {
    char *to = (char *)o.src + r * o.width * narrow;
    int64_t y = r % o.height;
    if (y % o.stride != 0) {
      memset(to, 0, o.width * narrow);
      continue;
    }
    int64_t row = r / o.height * o.out_height + y / o.stride;
    const char *from = (const char *)o.dst + row * o.out_width * wide + before;
    for (int64_t x = 0; x < o.width; x++, to += narrow) {
      if (x % o.stride == 0) {
        memcpy(to, from, narrow);
        from += wide;
      } else {
        memset(to, 0, narrow);
      }
    }
  }
}
