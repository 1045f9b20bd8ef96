/*
 * Max and average pooling and their gradients, of any window. A result is made of what its window sees, a gradient of the
 * windows that see its element, so that each is rounded once, and nothing loops over padding.
 */
#include <math.h>

#include "places.h"
#include "rows.h"

/* Vectors of results that are held in registers at a time, and the fewest channels that a thread takes. */
#define POOL_VECTORS 4
#define POOL_CHANNELS 64

/* Fewer elements than this are not worth waking the other threads. */
#define POOL_ALONE 32768

typedef struct {
  int64_t first;
  int64_t end;
} span;

/* The elements of a kernel, along one extent, that see an image of this extent from a position. */
static inline span seen_from(
    int64_t position, int64_t extent, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
  int64_t start = position * stride - pad;
  span s = {start < 0 ? (dilation - 1 - start) / dilation : 0, 0};
  s.end = start < extent ? least(kernel, (extent - start + dilation - 1) / dilation) : 0;
  s.end = most(s.first, s.end);
  return s;
}

/* The positions whose windows reach over an element; with dilation they may leave it out: see sees. */
static inline span reaching(
    int64_t element, int64_t positions, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
  int64_t low = element + pad - (kernel - 1) * dilation;
  span s = {low > 0 ? (low + stride - 1) / stride : 0, least(positions, (element + pad) / stride + 1)};
  return s;
}

static inline span rows_seen(const struct residual_pooling *o, int64_t y) {
  return seen_from(y, o->height, o->kernel_h, o->stride_h, o->pad_top, o->dilation_h);
}

static inline span columns_seen(const struct residual_pooling *o, int64_t x) {
  return seen_from(x, o->width, o->kernel_w, o->stride_w, o->pad_left, o->dilation_w);
}

/* How many elements a mean is over; of a window over padding alone, whose sum is 0, any number. */
static inline double terms_of(const struct residual_pooling *o, span rows, span columns) {
  double seen = (double)(rows.end - rows.first) * (double)(columns.end - columns.first);
  return o->include_padding ? (double)o->kernel_h * (double)o->kernel_w : seen > 0 ? seen : 1;
}

/* Whether an element so far below and right of where a window begins is one that the window sees. */
static inline int sees(const struct residual_pooling *o, int64_t down, int64_t right) {
  return (o->dilation_h == 1 || down % o->dilation_h == 0) && (o->dilation_w == 1 || right % o->dilation_w == 0);
}

static inline void flush_sums(vec *sums, double *totals, int vectors) {
  float part[WIDTH];
  for (int v = 0; v < vectors; v++) {
    store(part, sums[v]);
    sums[v] = splat(0);
    for (int k = 0; k < WIDTH; k++) {
      totals[v * WIDTH + k] += part[k];
    }
  }
}

/* What a loop does, as constants: see EACH_OF_2. */
#define POOL_BF16 1
#define POOL_PLACES 2 /* the workspace, */
#define POOL_WIDE 4   /* which has 32 bits for a place, not 8 */
#define POOL_MAX 8
#define POOL_BACKWARD 16

/* `vectors` of WIDTH channels, of which the last has but `n` if there is one, from channel `c` of a position. */
#define POOL_SHARE int64_t y, int64_t x, int64_t c, const int vectors, int64_t n, const int flags

/* The largest element, and the place of the first such, or of the last NaN, in its window. */
static inline __attribute__((always_inline)) void max_position(
    const struct residual_pooling *o, int64_t image, span rows, span columns, POOL_SHARE) {
  vec largest[POOL_VECTORS];
  ints places[POOL_VECTORS];
  int sees_some = rows.first < rows.end && columns.first < columns.end;
  for (int v = 0; v < vectors; v++) {
    largest[v] = splat(-INFINITY);
    places[v] = splat_int(sees_some ? (int32_t)(rows.first * o->kernel_w + columns.first) : 0);
  }
  for (int64_t i = rows.first; i < rows.end; i++) {
    int64_t row = (image * o->height + y * o->stride_h - o->pad_top + i * o->dilation_h) * o->width;
    for (int64_t j = columns.first; j < columns.end; j++) {
      int64_t from = (row + x * o->stride_w - o->pad_left + j * o->dilation_w) * o->channels + c;
      ints place = splat_int((int32_t)(i * o->kernel_w + j));
      for (int v = 0; v < vectors; v++) {
        vec e = get_part(o->src, from + v * WIDTH, n, flags & POOL_BF16);
        chosen won = wins(e, largest[v]);
        largest[v] = choose(won, e, largest[v]);
        if (flags & POOL_PLACES) {
          places[v] = choose_int(won, place, places[v]);
        }
      }
    }
  }
  int64_t at = ((image * o->out_height + y) * o->out_width + x) * o->channels + c;
  for (int v = 0; v < vectors; v++) {
    put_part(o->dst, at + v * WIDTH, n, largest[v], flags & POOL_BF16);
    if (flags & POOL_PLACES) {
      put_ints(o->workspace, at + v * WIDTH, n, places[v], flags & POOL_WIDE);
    }
  }
}

static inline __attribute__((always_inline)) void average_position(
    const struct residual_pooling *o, int64_t image, span rows, span columns, POOL_SHARE) {
  vec sums[POOL_VECTORS];
  double totals[POOL_VECTORS * WIDTH] = {0};
  int64_t summed = 0, flushed = 0;
  for (int v = 0; v < vectors; v++) {
    sums[v] = splat(0);
  }
  for (int64_t i = rows.first; i < rows.end; i++) {
    int64_t row = (image * o->height + y * o->stride_h - o->pad_top + i * o->dilation_h) * o->width;
    for (int64_t j = columns.first; j < columns.end; j++) {
      int64_t from = (row + x * o->stride_w - o->pad_left + j * o->dilation_w) * o->channels + c;
      for (int v = 0; v < vectors; v++) {
        sums[v] = add(sums[v], get_part(o->src, from + v * WIDTH, n, flags & POOL_BF16));
      }
      if (++summed == FLUSH_ROWS) {
        flush_sums(sums, totals, vectors);
        summed = 0;
        flushed = 1;
      }
    }
  }
  double terms = terms_of(o, rows, columns);
  int64_t at = ((image * o->out_height + y) * o->out_width + x) * o->channels + c;
  if (flushed) {
    float means[POOL_VECTORS * WIDTH];
    flush_sums(sums, totals, vectors);
    for (int k = 0; k < vectors * WIDTH; k++) {
      means[k] = (float)(totals[k] / terms);
    }
    for (int v = 0; v < vectors; v++) {
      put_part(o->dst, at + v * WIDTH, n, load(means + v * WIDTH), flags & POOL_BF16);
    }
    return;
  }
  for (int v = 0; v < vectors; v++) {
    put_part(o->dst, at + v * WIDTH, n, divide(sums[v], splat((float)terms)), flags & POOL_BF16);
  }
}

/* The gradient of an element: what comes from the windows whose largest it is. */
static inline __attribute__((always_inline)) void max_element(
    const struct residual_pooling *o, int64_t image, span rows, span columns, POOL_SHARE) {
  vec sums[POOL_VECTORS];
  for (int v = 0; v < vectors; v++) {
    sums[v] = splat(0);
  }
  for (int64_t i = rows.first; i < rows.end; i++) {
    int64_t down = y + o->pad_top - i * o->stride_h;
    for (int64_t j = columns.first; j < columns.end; j++) {
      int64_t right = x + o->pad_left - j * o->stride_w;
      if (!sees(o, down, right)) {
        continue;
      }
      int64_t at = ((image * o->out_height + i) * o->out_width + j) * o->channels + c;
      int64_t undilated = o->dilation_h == 1 && o->dilation_w == 1;
      ints place = splat_int((int32_t)(
          undilated ? down * o->kernel_w + right : down / o->dilation_h * o->kernel_w + right / o->dilation_w));
      for (int v = 0; v < vectors; v++) {
        chosen won = same_ints(get_ints(o->workspace, at + v * WIDTH, n, flags & POOL_WIDE), place);
        vec diff = get_part(o->dst, at + v * WIDTH, n, flags & POOL_BF16);
        sums[v] = add(sums[v], choose(won, diff, splat(0)));
      }
    }
  }
  int64_t at = ((image * o->height + y) * o->width + x) * o->channels + c;
  for (int v = 0; v < vectors; v++) {
    put_part(o->src, at + v * WIDTH, n, sums[v], flags & POOL_BF16);
  }
}

static inline __attribute__((always_inline)) void average_element(
    const struct residual_pooling *o, int64_t image, span rows, span columns, POOL_SHARE) {
  vec sums[POOL_VECTORS];
  for (int v = 0; v < vectors; v++) {
    sums[v] = splat(0);
  }
  for (int64_t i = rows.first; i < rows.end; i++) {
    span rows_there = rows_seen(o, i);
    for (int64_t j = columns.first; j < columns.end; j++) {
      if (!sees(o, y + o->pad_top - i * o->stride_h, x + o->pad_left - j * o->stride_w)) {
        continue;
      }
      vec terms = splat((float)terms_of(o, rows_there, columns_seen(o, j)));
      int64_t at = ((image * o->out_height + i) * o->out_width + j) * o->channels + c;
      for (int v = 0; v < vectors; v++) {
        sums[v] = add(sums[v], divide(get_part(o->dst, at + v * WIDTH, n, flags & POOL_BF16), terms));
      }
    }
  }
  int64_t at = ((image * o->height + y) * o->width + x) * o->channels + c;
  for (int v = 0; v < vectors; v++) {
    put_part(o->src, at + v * WIDTH, n, sums[v], flags & POOL_BF16);
  }
}

static inline __attribute__((always_inline)) void pool_channels(
    const struct residual_pooling *o, int64_t image, span rows, span columns, POOL_SHARE) {
  switch (flags & (POOL_MAX | POOL_BACKWARD)) {
    case 0:
      average_position(o, image, rows, columns, y, x, c, vectors, n, flags);
      break;
    case POOL_MAX:
      max_position(o, image, rows, columns, y, x, c, vectors, n, flags);
      break;
    case POOL_BACKWARD:
      average_element(o, image, rows, columns, y, x, c, vectors, n, flags);
      break;
    default:
      max_element(o, image, rows, columns, y, x, c, vectors, n, flags);
  }
}

static inline __attribute__((always_inline)) void pool_row(
    const struct residual_pooling *o, int64_t image, int64_t y, int64_t begin, int64_t end, int flags) {
  span rows = flags & POOL_BACKWARD
      ? reaching(y, o->out_height, o->kernel_h, o->stride_h, o->pad_top, o->dilation_h)
      : rows_seen(o, y);
  int64_t width = flags & POOL_BACKWARD ? o->width : o->out_width;
  for (int64_t x = 0; x < width; x++) {
    span columns = flags & POOL_BACKWARD
        ? reaching(x, o->out_width, o->kernel_w, o->stride_w, o->pad_left, o->dilation_w)
        : columns_seen(o, x);
    int64_t c = begin;
    for (; c + POOL_VECTORS * WIDTH <= end; c += POOL_VECTORS * WIDTH) {
      pool_channels(o, image, rows, columns, y, x, c, POOL_VECTORS, WIDTH, flags);
    }
    for (; c + WIDTH <= end; c += WIDTH) {
      pool_channels(o, image, rows, columns, y, x, c, 1, WIDTH, flags);
    }
    if (c < end) {
      pool_channels(o, image, rows, columns, y, x, c, 1, end - c, flags);
    }
  }
}

static __attribute__((noinline)) void pool_some(
    const struct residual_pooling *o, int64_t image, int64_t y, int64_t begin, int64_t end, int kind) {
  switch (kind) {
#define CASE(flags)                                  \
  case flags:                                        \
    pool_row(o, image, y, begin, end, flags);        \
    break;
    EACH_OF_2(CASE, 0)
    EACH_OF_2(CASE, POOL_BACKWARD)
    EACH_OF_2(CASE, POOL_MAX)
    EACH_OF_2(CASE, POOL_MAX + POOL_PLACES)
    EACH_OF_2(CASE, POOL_MAX + POOL_PLACES + POOL_WIDE)
    EACH_OF_2(CASE, POOL_MAX + POOL_PLACES + POOL_BACKWARD)
    EACH_OF_2(CASE, POOL_MAX + POOL_PLACES + POOL_WIDE + POOL_BACKWARD)
#undef CASE
  }
}

/* Threads share rows, and channels where there are few rows. */
static void pool(const struct residual_pooling *o, int kind) {
  int flags = kind | (o->dtype == RESIDUAL_BF16 ? POOL_BF16 : 0);
  if (kind & POOL_MAX && o->workspace) {
    flags |= POOL_PLACES | (o->workspace_bytes == 4 ? POOL_WIDE : 0);
  }
  int64_t height = kind & POOL_BACKWARD ? o->height : o->out_height;
  int64_t rows = o->images * height;
  int64_t blocks = rows < 8 * o->threads ? (o->channels + POOL_CHANNELS - 1) / POOL_CHANNELS : 1;
  int64_t block = round_up((o->channels + blocks - 1) / blocks, POOL_CHANNELS);
  int64_t elements = o->images * o->height * o->width * o->channels;
#pragma omp parallel for schedule(static) num_threads(elements < POOL_ALONE ? 1 : o->threads)
  for (int64_t i = 0; i < rows * blocks; i++) {
    uint32_t csr = flush_denormals();
    int64_t row = i / blocks, begin = i % blocks * block;
    pool_some(o, row / height, row % height, begin, least(begin + block, o->channels), flags);
    restore_denormals(csr);
  }
}

static void max_pooling(const struct residual_pooling *o) { pool(o, POOL_MAX); }

static void max_pooling_backward(const struct residual_pooling *o) { pool(o, POOL_MAX | POOL_BACKWARD); }

static void average_pooling(const struct residual_pooling *o) { pool(o, 0); }

static void average_pooling_backward(const struct residual_pooling *o) { pool(o, POOL_BACKWARD); }
