/*
 * Convolutions, channels last: products of rows of the source, as long as a window, with a matrix of weights.
 *
 * Windows of one position are rows as they lie; others are copied beside each other, some at a time. These rows stay in
 * the second cache while the weights, a panel of channels after the other, are read once for all of them. Meanwhile the
 * source of the next rows is fetched, and with each tile of results the memory of the next one.
 */
#include "rows.h"

#if WIDTH > 1

#include "convolution_windows.h"
#include "statistics.h"

static int64_t convolution_scratch(const struct residual_convolution *o) {
  int possible = o->out % WIDTH == 0 && o->dilation_h == 1 && o->dilation_w == 1 &&
      (o->dtype != RESIDUAL_BF16 || HAS_BF16_PRODUCTS);
  convolution_plan p = plan_convolution(o);
  return possible ? rows_bytes(&p) * o->threads : -1;
}

static convolution_tile *tile_of(const struct residual_convolution *o, int64_t rows) {
  int few = rows <= FEW_ROWS, wide = product_panel(o->out) > WIDTH;
#if HAS_BF16_PRODUCTS
  if (o->dtype == RESIDUAL_BF16) {
    return !wide ? tile_narrow_bf16 : few ? tile_wide_few_bf16 : tile_wide_bf16;
  }
#endif
  return !wide ? tile_narrow : few ? tile_wide_few : tile_wide;
}

static void multiply_tile(
    const convolution_plan *p, const char *left, int64_t position, int64_t rows, int64_t channel, const float *ahead,
    int64_t next_result) {
  const struct residual_convolution *o = p->o;
  int64_t at = (position * o->out + channel) * p->bytes;
  const float *weights = o->weights + channel * p->tile.depth;
  const float *bias = o->bias ? o->bias + channel : NULL;
  const char *add = o->add ? (const char *)o->add + at : NULL;
  const char *next = (const char *)(o->add ? o->add : o->dst) + next_result * p->bytes;
  tile_of(o, rows)(&p->tile, (const float *)left, weights, ahead, bias, add, (char *)o->dst + at, rows, next);
}

/* Adds rows of results, which are still in the second cache, to the sums of this thread. */
static void sum_results(
    const convolution_plan *p, int64_t first, int64_t last, int64_t from_channel, int64_t to_channel, double *sums) {
  const struct residual_convolution *o = p->o;
  float *partial = (float *)(sums + 2 * o->out);
  const char *rows = (const char *)o->dst + (first * o->out + from_channel) * p->bytes;
  sum_rows(
      rows, o->out, o->shift + from_channel, partial, partial + o->out, sums + from_channel, sums + o->out + from_channel,
      0, last - first, to_channel - from_channel, o->dtype == RESIDUAL_BF16);
}

/* The results of positions and channels. */
static void convolve(
    const convolution_plan *p, int64_t start, int64_t end, int64_t from_channel, int64_t to_channel, char *copy,
    double *sums) {
  const struct residual_convolution *o = p->o;
  int64_t panel = product_panel(o->out);
  for (int64_t first = start; first < end && from_channel < to_channel; first += p->block) {
    int64_t last = least(first + p->block, end);
    int64_t tiles = (last - first + PRODUCT_ROWS - 1) / PRODUCT_ROWS;
    int64_t full = p->copied ? 0 : (last - first) / PRODUCT_ROWS;
    windows_ahead ahead = ahead_of(p, last, least(last + p->block, end), tiles * ((to_channel - from_channel) / panel));
    copy_windows(p, first + full * PRODUCT_ROWS, last, (tiles - full) * PRODUCT_ROWS, copy);
    for (int64_t c = from_channel; c < to_channel; c += panel) {
      const float *right = o->weights + c * p->tile.depth;
      const float *next_right = c + panel < to_channel ? right + panel * p->tile.depth
                                                       : o->weights + from_channel * p->tile.depth;
      for (int64_t t = 0; t < tiles; t++) {
        int64_t position = first + t * PRODUCT_ROWS;
        const char *left = t < full ? (const char *)o->src + position * o->in * p->bytes
                                    : copy + (t - full) * PRODUCT_ROWS * p->row;
        int64_t next = t + 1 < tiles ? (position + PRODUCT_ROWS) * o->out + c
            : c + panel < to_channel ? first * o->out + c + panel
                                     : last * o->out + from_channel;
        fetch_windows(&ahead);
        multiply_tile(
            p, left, position, least(last - position, PRODUCT_ROWS), c,
            panel_ahead(right, p->tile.depth, panel, next_right, t), next);
      }
    }
    if (sums) {
      sum_results(p, first, last, from_channel, to_channel, sums);
    }
  }
}

static void convolution(const struct residual_convolution *arg) {
  struct residual_convolution o = *arg;
  convolution_plan p = plan_convolution(&o);
  int64_t panel = product_panel(o.out);
  int64_t panels = o.out / panel, tiles = (p.positions + PRODUCT_ROWS - 1) / PRODUCT_ROWS;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads();
    char *copy = (char *)o.scratch + t * rows_bytes(&p);
    double *sums = o.sums ? o.sums + t * sums_apart(o.out) : NULL;
    for (int own = t; o.sums && own < o.threads; own += team) { /* with those of threads that are missing */
      memset(o.sums + own * sums_apart(o.out), 0, sizeof(double) * 2 * o.out);
    }
    if (p.by_channels) {
      convolve(&p, 0, p.positions, panels * t / team * panel, panels * (t + 1) / team * panel, copy, sums);
    } else {
      int64_t end = tiles * (t + 1) / team * PRODUCT_ROWS;
      convolve(&p, tiles * t / team * PRODUCT_ROWS, least(end, p.positions), 0, o.out, copy, sums);
    }
    restore_denormals(csr);
  }
}

typedef int32_t lanes __attribute__((vector_size(4 * WIDTH)));

/* Turns rows into columns: exchanges, for each bit of their numbers, what lies on either side of the diagonal. */
static inline void transpose(vec rows[WIDTH]) {
  _Pragma("GCC unroll 16") for (int s = 1; s < WIDTH; s *= 2) {
    lanes upper, lower;
    for (int j = 0; j < WIDTH; j++) {
      upper[j] = j & s ? j - s + WIDTH : j;
      lower[j] = j & s ? j + WIDTH : j + s;
    }
    _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) {
      if (!(r & s)) {
        vec a = rows[r], b = rows[r + s];
        rows[r] = __builtin_shuffle(a, b, upper);
        rows[r + s] = __builtin_shuffle(a, b, lower);
      }
    }
  }
}

/* Weights in panels of channels; in each, a word for each channel after the other. */
static void convolution_weights(const struct residual_convolution_weights *arg) {
  struct residual_convolution_weights o = *arg;
  int64_t panel = product_panel(o.out), window = o.kernel_h * o.kernel_w, depth = window * o.in;
  int64_t by_out = o.backward ? window : depth, by_in = o.backward ? o.out * window : window;
  int bf16 = o.dtype == RESIDUAL_BF16, pairs = o.image_dtype == RESIDUAL_BF16;
  int64_t words = pairs ? (depth + 1) / 2 : depth;
  int64_t adjacent = by_in == 1 ? depth / WIDTH * WIDTH : 0; /* elements that lie together in the parameter, too */
#pragma omp parallel for schedule(static) num_threads(o.threads)
  for (int64_t group = 0; group < o.out / WIDTH; group++) {
    int64_t c = group * WIDTH, i = adjacent, element = 0;
    float *to = o.dst + c / panel * panel * words + c % panel;
    for (int64_t k = 0; k < adjacent; k += WIDTH) {
      vec rows[WIDTH];
      _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) { rows[r] = get(o.weights, (c + r) * by_out + k, bf16); }
      transpose(rows);
      _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) { store_weights(to, panel, k + r, rows[r], pairs); }
    }
    for (int64_t k = adjacent; k < depth; k++) {
      int64_t from = c * by_out + i * by_in + (o.backward ? window - 1 - element : element);
      store_weights(to, panel, k, gather(o.weights, from, by_out, bf16), pairs);
      if (++i == o.in) {
        i = 0;
        element++;
      }
    }
  }
}

#else

static int64_t convolution_scratch(const struct residual_convolution *o) {
  (void)o;
  return -1;
}

static void convolution(const struct residual_convolution *o) { (void)o; }

static void convolution_weights(const struct residual_convolution_weights *o) { (void)o; }

#endif
