/* The shortcut without parameters: every stride-th position, with zero channels on both sides. */

/* Fewer bytes than this are not worth waking the other threads. */
#define SHORTCUT_ALONE 65536

typedef struct {
  size_t narrow; /* bytes of a position of src */
  size_t before; /* of the zeros before it in dst */
  size_t wide;   /* of a position of dst */
  int threads;
} shortcut_sizes;

static inline shortcut_sizes sizes_of(const struct residual_shortcut *o) {
  size_t element = o->dtype == RESIDUAL_BF16 ? 2 : 4;
  shortcut_sizes s = {o->channels * element, o->offset * element, o->out_channels * element, o->threads};
  if (o->images * o->out_height * o->out_width * (int64_t)s.wide < SHORTCUT_ALONE) {
    s.threads = 1;
  }
  return s;
}

static void shortcut(const struct residual_shortcut *arg) {
  struct residual_shortcut o = *arg;
  shortcut_sizes s = sizes_of(arg);
  int64_t rows = o.images * o.out_height;
#pragma omp parallel for schedule(static) num_threads(s.threads)
  for (int64_t r = 0; r < rows; r++) {
    int64_t y = r / o.out_height * o.height + r % o.out_height * o.stride;
    const char *from = (const char *)o.src + y * o.width * s.narrow;
    char *to = (char *)o.dst + r * o.out_width * s.wide;
    for (int64_t x = 0; x < o.out_width; x++, from += o.stride * s.narrow, to += s.wide) {
      memset(to, 0, s.before);
      memcpy(to + s.before, from, s.narrow);
      memset(to + s.before + s.narrow, 0, s.wide - s.before - s.narrow);
    }
  }
}

static void shortcut_backward(const struct residual_shortcut *arg) {
  struct residual_shortcut o = *arg;
  shortcut_sizes s = sizes_of(arg);
  int64_t rows = o.images * o.height;
#pragma omp parallel for schedule(static) num_threads(s.threads)
  for (int64_t r = 0; r < rows; r++) {
    char *to = (char *)o.src + r * o.width * s.narrow;
    int64_t y = r % o.height;
    if (y % o.stride != 0) {
      memset(to, 0, o.width * s.narrow);
      continue;
    }
    int64_t row = r / o.height * o.out_height + y / o.stride;
    const char *from = (const char *)o.dst + row * o.out_width * s.wide + s.before;
    for (int64_t x = 0; x < o.width; x++, to += s.narrow) {
      if (x % o.stride == 0) {
        memcpy(to, from, s.narrow);
        from += s.wide;
      } else {
        memset(to, 0, s.narrow);
      }
    }
  }
}
