/*
 * Convolutions, channels last: products of rows of the source, as long as a window, with a matrix of weights.
 *
 * Windows of one position are rows as they lie; others are copied beside each other, some at a time. These rows stay in
 * the second cache while the weights, a panel of channels after the other, are read once for all of them. Meanwhile the
 * source of the next rows is fetched, and with each tile of results the memory of the next one.
 */
#ifndef CONVOLUTION_H
#define CONVOLUTION_H

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

/* Where the first channel of a result lies that is one of some positions only. */
static inline char *scattered(const convolution_plan *p, const tile_place *at) {
  const result_places *to = &p->places;
  int64_t row = at->image * to->height + to->top + at->y * to->rows;
  int64_t position = row * to->width + to->left + at->x * to->columns;
  return (char *)p->o->dst + position * p->o->out * p->bytes;
}

/* A tile whose positions are not adjacent in memory: computed aside, and moved. */
static void scatter_tile(
    const convolution_plan *p, const char *left, int64_t position, int64_t rows, int64_t channel, const float *ahead) {
  const struct residual_convolution *o = p->o;
  int64_t bytes = p->tile.out * p->bytes;
  char aside[PRODUCT_ROWS * 2 * WIDTH * sizeof(float)] __attribute__((aligned(64)));
  char *place[PRODUCT_ROWS];
  tile_place at = place_of(&p->results, position);
  for (int64_t r = 0; r < rows; r++, step(&p->results, &at)) {
    place[r] = scattered(p, &at) + channel * p->bytes;
    for (int64_t i = 0; i < bytes; i += 64) { __builtin_prefetch(place[r] + i, 1, 3); }
  }
  tile_of(o, rows)(
      &p->tile, (const float *)left, o->weights + channel * p->tile.depth, ahead, NULL, NULL, aside, rows, o->dst);
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t i = 0; i < bytes; i += 16) { memcpy(place[r] + i, aside + r * bytes + i, 16); }
  }
}

/* Adds rows of results, which are still in the second cache, to the sums of this thread. */
static void sum_results(
    const convolution_plan *p, int64_t first, int64_t last, int64_t from_channel, int64_t to_channel, double *sums) {
  const struct residual_convolution *o = p->o;
  const char *rows = (const char *)o->dst + (first * o->out + from_channel) * p->bytes;
  sum_rows(
      rows, o->out, (float *)(sums + 2 * o->out), sums + from_channel, sums + o->out + from_channel, 0, last - first,
      to_channel - from_channel, o->dtype == RESIDUAL_BF16);
}

/* The results of a block of positions, and of channels; the windows of positions up to `end` follow. */
static void convolve_block(
    const convolution_plan *p, int64_t first, int64_t end, int64_t from_channel, int64_t to_channel, char *copy) {
  const struct residual_convolution *o = p->o;
  int64_t panel = product_panel(o->out);
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
      int64_t position = first + t * PRODUCT_ROWS, rows = least(last - position, PRODUCT_ROWS);
      const char *left = t < full ? (const char *)o->src + position * o->in * p->bytes
                                  : copy + (t - full) * PRODUCT_ROWS * p->row;
      const float *right_ahead = panel_ahead(right, p->tile.depth, panel, next_right, t);
      fetch_windows(&ahead);
      if (p->places.height) {
        scatter_tile(p, left, position, rows, c, right_ahead);
      } else {
        int64_t next = t + 1 < tiles ? (position + PRODUCT_ROWS) * o->out + c
            : c + panel < to_channel ? first * o->out + c + panel
                                     : last * o->out + from_channel;
        multiply_tile(p, left, position, rows, c, right_ahead, next);
      }
    }
  }
}

/* The results of positions and channels. */
static void convolve(
    const convolution_plan *p, int64_t start, int64_t end, int64_t from_channel, int64_t to_channel, char *copy,
    double *sums) {
  for (int64_t first = start; first < end && from_channel < to_channel; first += p->block) {
    convolve_block(p, first, end, from_channel, to_channel, copy);
    if (sums) {
      sum_results(p, first, least(first + p->block, end), from_channel, to_channel, sums);
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

/* The elements of a kernel along one extent that one phase of a strided gradient reads. */
static inline int64_t taps(int64_t kernel, int64_t stride, int64_t phase) {
  return phase < kernel ? (kernel - 1 - phase) / stride + 1 : 0;
}

/*
 * Weights in panels of channels; in each, a word for each channel after the other. Backward, they are turned round, and
 * those of each phase come after each other.
 */
static void pack_weights(const struct residual_convolution_weights *o, int64_t phase_h, int64_t phase_w, float *dst) {
  int64_t panel = product_panel(o->out), kernel = o->kernel_h * o->kernel_w;
  int64_t high = taps(o->kernel_h, o->stride_h, phase_h), wide = taps(o->kernel_w, o->stride_w, phase_w);
  int64_t depth = high * wide * o->in, by_out = o->backward ? kernel : kernel * o->in;
  int64_t by_in = o->backward ? o->out * kernel : kernel;
  int bf16 = o->dtype == RESIDUAL_BF16, pairs = o->image_dtype == RESIDUAL_BF16;
  int64_t words = pairs ? (depth + 1) / 2 : depth;
  int64_t adjacent = by_in == 1 ? depth / WIDTH * WIDTH : 0; /* elements that lie together in the parameter, too */
#pragma omp parallel for schedule(static) num_threads(o->threads)
  for (int64_t group = 0; group < o->out / WIDTH; group++) {
    int64_t c = group * WIDTH, i = adjacent, row = 0, column = 0;
    float *to = dst + c / panel * panel * words + c % panel;
    for (int64_t k = 0; k < adjacent; k += WIDTH) {
      vec rows[WIDTH];
      _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) { rows[r] = get(o->weights, (c + r) * by_out + k, bf16); }
      transpose(rows);
      _Pragma("GCC unroll 16") for (int r = 0; r < WIDTH; r++) { store_weights(to, panel, k + r, rows[r], pairs); }
    }
    for (int64_t k = adjacent; k < depth; k++) {
      int64_t y = o->backward ? phase_h + o->stride_h * (high - 1 - row) : row;
      int64_t x = o->backward ? phase_w + o->stride_w * (wide - 1 - column) : column;
      store_weights(to, panel, k, gather(o->weights, c * by_out + i * by_in + y * o->kernel_w + x, by_out, bf16), pairs);
      if (++i == o->in) {
        i = 0;
        if (++column == wide) {
          column = 0;
          row++;
        }
      }
    }
  }
}

static void convolution_weights(const struct residual_convolution_weights *o) {
  float *dst = o->dst;
  for (int64_t y = 0; y < o->stride_h; y++) {
    for (int64_t x = 0; x < o->stride_w; x++) {
      int64_t depth = taps(o->kernel_h, o->stride_h, y) * taps(o->kernel_w, o->stride_w, x) * o->in;
      pack_weights(o, y, x, dst);
      dst += (o->image_dtype == RESIDUAL_BF16 ? (depth + 1) / 2 : depth) * o->out;
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

#endif
