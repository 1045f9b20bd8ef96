/*
 * Weight gradients of wide channels: for each kernel element, the product of two matrices that share their rows, which
 * are the positions of the result.
 *
 * A block of positions is packed, the gradient in panels of up to 64 channels and the source, shifted as the kernel
 * element sees it, in panels of 16; a tile of weights stays in registers while the block passes through the nearest
 * cache. Meanwhile the next block is fetched. Threads share the positions and sum into weights of their own, or, where
 * there are many weights, share the channels of the gradient.
 */
#ifndef POSITION_GRADIENT_H
#define POSITION_GRADIENT_H

#include "fetch.h"
#include "tile_grid.h"
#include "weight_tile.h"

/* Rows in a block: positions, or pairs of them in bf16. */
#define BLOCK 112

/* From this size on, private copies of the weights cost more than packing the source twice. */
#define SHARED_WEIGHTS (1 << 20)

typedef struct {
  const struct residual_weight_gradient *o;
  int64_t panel;    /* channels of the gradient in a panel */
  int64_t elements; /* of the kernel */
  int64_t weights;
  int64_t positions;
  int64_t step;     /* positions in a row: 2 in bf16 */
  int64_t size;     /* bytes of an activation */
  int by_channels;  /* what the threads share */
} gradient_plan;

static gradient_plan plan_gradient(const struct residual_weight_gradient *o) {
  gradient_plan p;
  p.o = o;
  p.panel = weight_panel(o->out);
  p.elements = (int64_t)o->kernel_h * o->kernel_w;
  p.weights = p.elements * o->out * o->in;
  p.positions = o->images * o->out_height * o->out_width;
  p.step = o->dtype == RESIDUAL_BF16 ? 2 : 1;
  p.size = o->dtype == RESIDUAL_BF16 ? 2 : 4;
  p.by_channels = p.weights * 4 > SHARED_WEIGHTS && o->out / p.panel % o->threads == 0;
  return p;
}

/* The floats from one copy of the weights to the next one. */
static int64_t copy_floats(const gradient_plan *p) { return p->weights + FLOATS_APART; }

/* What one thread works with. */
typedef struct {
  float *weights;  /* [element][panel][in][channel of the panel] */
  float *source;   /* [in / 16][row][16] */
  float *gradient; /* [panel][row][channel of the panel] */
  void *zeros;     /* a position outside the image */
  const char *rows[BLOCK * 2 + 1];
  int64_t first_panel;
  int64_t last_panel;
} gradient_worker;

/* The addresses of the source at each position of a block, as one kernel element sees it. */
static void find_source(const gradient_plan *p, gradient_worker *w, int64_t first, int64_t count, int ky, int kx) {
  const struct residual_weight_gradient *o = p->o;
  tile_grid results = grid_of(o->images, o->out_height, o->out_width, 1);
  tile_place at = place_of(&results, first);
  for (int64_t k = 0; k < count; k++, step(&results, &at)) {
    int64_t row = at.y * o->stride_h - o->pad_top + ky * o->dilation_h;
    int64_t column = at.x * o->stride_w - o->pad_left + kx * o->dilation_w;
    int inside = row >= 0 && row < o->height && column >= 0 && column < o->width;
    w->rows[k] = inside ? (const char *)o->src + ((at.image * o->height + row) * o->width + column) * o->in * p->size
                        : (const char *)w->zeros;
  }
}

/* Positions into panels of `width` channels; in bf16 two positions are interleaved. */
static __attribute__((noinline)) void pack_rows(
    const char *const *rows, int64_t count, int64_t first, int64_t last, int64_t width, int bf16, float *packed) {
  int64_t lines = bf16 ? (count + 1) / 2 : count;
  for (int64_t k = 0; k < lines; k++) {
    float *to = packed + k * width;
    if (bf16) {
      const uint16_t *a = (const uint16_t *)rows[2 * k];
      const uint16_t *b = (const uint16_t *)rows[2 * k + 1];
      for (int64_t c = first; c < last; c += width, to += lines * width) {
        for (int64_t j = 0; j < width; j += WIDTH) {
          store(to + j, interleave(a + c + j, b + c + j));
        }
      }
    } else {
      const float *from = (const float *)rows[k];
      for (int64_t c = first; c < last; c += width, to += lines * width) {
        for (int64_t j = 0; j < width; j += WIDTH) {
          store(to + j, load(from + c + j));
        }
      }
    }
  }
}

static void weight_block(const gradient_plan *p, gradient_worker *w, int64_t first, int64_t count, int64_t ahead, int overwrite) {
  const struct residual_weight_gradient *o = p->o;
  int bf16 = p->step == 2;
  int64_t lines = (count + p->step - 1) / p->step;
  int64_t first_channel = w->first_panel * p->panel;
  int64_t last_channel = w->last_panel * p->panel;
  for (int64_t k = 0; k < count; k++) {
    w->rows[k] = (const char *)o->diff_dst + (first + k) * o->out * p->size;
  }
  w->rows[count] = w->zeros;
  pack_rows(w->rows, count, first_channel, last_channel, p->panel, bf16, w->gradient);
  fetch_range gradient = {(const char *)o->diff_dst + (first + count) * o->out * p->size, NULL};
  gradient.end = gradient.next + ahead * o->out * p->size;
  fetch_range source = {(const char *)o->src + (first + count) * o->in * p->size, NULL};
  source.end = source.next + (o->stride_h * o->stride_w == 1 ? ahead * o->in * p->size : 0);
  int64_t tile_rows = 256 / p->panel;
  int64_t tiles = p->elements * (w->last_panel - w->first_panel) * (o->in / tile_rows);
  int64_t fetched = lines_of_tile(&gradient, &source, tiles, lines);
  for (int e = 0; e < p->elements; e++) {
    find_source(p, w, first, count, e / o->kernel_w, e % o->kernel_w);
    w->rows[count] = w->zeros;
    pack_rows(w->rows, count, 0, o->in, 16, bf16, w->source);
    for (int64_t panel = w->first_panel; panel < w->last_panel; panel++) {
      const float *dy = w->gradient + (panel - w->first_panel) * lines * p->panel;
      float *c = w->weights + (e * (o->out / p->panel) + panel) * o->in * p->panel;
      for (int64_t i = 0; i < o->in; i += tile_rows) {
        const char *fetch = take(&source, fetched);
        if (!fetch) {
          fetch = take(&gradient, fetched);
        }
        weight_tile(
            p->panel, bf16, w->source + i / 16 * lines * 16 + i % 16, dy, c + i * p->panel, lines, overwrite, fetch,
            fetched);
      }
    }
  }
}

/* Sums what the threads have, from [element][panel][in][channel] to [out][in][element]. */
static void sum_weights(const gradient_plan *p, const float *weights, int copies, int64_t first, int64_t last) {
  const struct residual_weight_gradient *o = p->o;
  int64_t parts = o->in / 16;
  float block[64 * 16];
  for (int64_t unit = first; unit < last; unit++) {
    int64_t panel = unit / parts;
    int64_t i = unit % parts * 16;
    for (int64_t e = 0; e < p->elements; e++) {
      const float *from = weights + ((e * (o->out / p->panel) + panel) * o->in + i) * p->panel;
      for (int64_t k = 0; k < 16; k++) {
        for (int64_t c = 0; c < p->panel; c += WIDTH) {
          vec sum = load(from + k * p->panel + c);
          for (int t = 1; t < copies; t++) {
            sum = add(sum, load(from + t * copy_floats(p) + k * p->panel + c));
          }
          store(block + k * p->panel + c, sum);
        }
      }
      for (int64_t c = 0; c < p->panel; c++) {
        float *to = o->diff_weights + ((panel * p->panel + c) * o->in + i) * p->elements + e;
        for (int64_t k = 0; k < 16; k++) {
          to[k * p->elements] = block[k * p->panel + c];
        }
      }
    }
  }
}

static int64_t pack_floats(const gradient_plan *p) {
  return BLOCK * (p->o->in + p->o->out) + most(p->o->in, p->o->out) + FLOATS_APART;
}

static void position_gradient(const struct residual_weight_gradient *arg) {
  struct residual_weight_gradient o = *arg;
  gradient_plan p = plan_gradient(&o);
  float *weights = o.scratch;
  float *packs = weights + copy_floats(&p) * (p.by_channels ? 1 : o.threads);
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads();
    int64_t panels = o.out / p.panel;
    int64_t start = p.by_channels ? 0 : p.positions * t / team;
    int64_t end = p.by_channels ? p.positions : p.positions * (t + 1) / team;
    gradient_worker w;
    w.weights = p.by_channels ? weights : weights + t * copy_floats(&p);
    w.source = packs + t * pack_floats(&p);
    w.gradient = w.source + BLOCK * o.in;
    w.zeros = w.gradient + BLOCK * o.out;
    w.first_panel = p.by_channels ? panels * t / team : 0;
    w.last_panel = p.by_channels ? panels * (t + 1) / team : panels;
    memset(w.zeros, 0, sizeof(float) * most(o.in, o.out));
    if (start == end) {
      memset(w.weights, 0, sizeof(float) * p.weights);
    }
    int64_t block = BLOCK * p.step;
    for (int64_t first = start; first < end; first += block) {
      int64_t count = least(end - first, block);
      weight_block(&p, &w, first, count, least(end - first - count, block), first == start);
    }
#pragma omp barrier
    int64_t units = panels * (o.in / 16);
    sum_weights(&p, weights, p.by_channels ? 1 : team, units * t / team, units * (t + 1) / team);
    restore_denormals(csr);
  }
}

static int64_t position_gradient_scratch(const struct residual_weight_gradient *o) {
  if (o->in % 16 != 0 || o->out % 16 != 0) {
    return -1;
  }
  gradient_plan p = plan_gradient(o);
  return (copy_floats(&p) * (p.by_channels ? 1 : o->threads) + o->threads * pack_floats(&p)) * (int64_t)sizeof(float);
}

#endif
