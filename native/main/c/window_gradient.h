/*
 * Weight gradients of few input channels: channels lie last, so what a row of the kernel sees of the source is one range
 * of memory, and its elements are the rows of one product of matrices, whatever the channels: 7 * 3 of the first
 * convolution of a ResNet, 3 * 16 of narrow ones.
 *
 * Source rows are copied between zeros, in bf16 as pairs of positions; then, with a vertical stride of 1, the rows of a
 * block are one matrix. Threads share blocks of rows and sum into weights of their own.
 */

#ifndef WINDOW_GRADIENT_H
#define WINDOW_GRADIENT_H

#include "fetch.h"
#include "weight_tile.h"

/* Rows of the result in a block. */
#define WINDOW_BLOCK 8

typedef struct {
  const struct residual_weight_gradient *o;
  int64_t window;      /* elements that a row of the kernel sees */
  int64_t tile;        /* of which a tile takes these */
  int64_t panel;       /* channels of the gradient in a tile */
  int64_t lines;       /* positions of a row, or pairs of them */
  int64_t line;        /* floats from one line of the source to the next */
  int64_t row;         /* floats of a row of the source */
  int64_t source_rows; /* that a block sees */
  int64_t padded;      /* elements of a row of the source between zeros */
  int64_t weights;
  int64_t blocks;      /* of an image */
  int bf16;
} window_plan;

static window_plan plan_windows(const struct residual_weight_gradient *o) {
  window_plan p;
  p.o = o;
  p.bf16 = o->dtype == RESIDUAL_BF16;
  p.window = o->kernel_w * o->in;
  p.panel = window_panel(o->out);
  p.tile = window_rows(p.window, p.panel);
  p.padded = round_up(((o->out_width + 1) * o->stride_w + o->kernel_w + o->pad_left) * o->in + 32, 16);
  p.lines = p.bf16 ? (o->out_width + 1) / 2 : o->out_width;
  p.line = p.bf16 ? round_up(p.window, 16) : o->stride_w * o->in;
  p.row = round_up(p.bf16 ? p.lines * p.line : p.padded, 16);
  p.source_rows = (WINDOW_BLOCK - 1) * o->stride_h + o->kernel_h;
  p.weights = o->kernel_h * p.window * o->out;
  p.blocks = (o->out_height + WINDOW_BLOCK - 1) / WINDOW_BLOCK;
  return p;
}

/* The floats from one copy of the weights to the next one. */
static int64_t windows_copy(const window_plan *p) { return p->weights + FLOATS_APART; }

/* What one thread works with. */
typedef struct {
  float *weights;  /* [kernel row][panel][element of the window][channel of the panel] */
  float *source;   /* [row][line][element of the window] */
  float *gradient; /* in bf16: [panel][row][pair][channel of the panel] */
  float *between;  /* a row of the source between zeros, in bf16 */
  float *zeros;    /* a position, in bf16 */
} window_worker;

/* One row of the source, zeros where it lies outside. */
static void pack_window_row(const window_plan *p, const window_worker *w, int64_t n, int64_t y, float *to) {
  const struct residual_weight_gradient *o = p->o;
  if (y < 0 || y >= o->height) {
    memset(to, 0, sizeof(float) * p->row);
    return;
  }
  int64_t size = p->bf16 ? 2 : 4;
  int64_t room = p->padded - o->pad_left * o->in;
  int64_t taken = least(o->width * o->in, room);
  char *row = p->bf16 ? (char *)w->between : (char *)to;
  const char *from = (const char *)o->src + (n * o->height + y) * o->width * o->in * size;
  memset(row, 0, o->pad_left * o->in * size);
  memcpy(row + o->pad_left * o->in * size, from, taken * size);
  memset(row + (o->pad_left * o->in + taken) * size, 0, (room - taken) * size);
  if (p->bf16) {
    int64_t step = o->stride_w * o->in;
    const uint16_t *a = (const uint16_t *)row;
    for (int64_t k = 0; k < p->lines; k++, a += 2 * step, to += p->line) {
      for (int64_t j = 0; j < p->line; j += WIDTH) {
        store(to + j, interleave(a + j, a + step + j));
      }
    }
  }
}

/* One row of the gradient as pairs of positions, of which the last may be half. */
static void pack_gradient_row(const window_plan *p, const window_worker *w, const uint16_t *from, int64_t r) {
  const struct residual_weight_gradient *o = p->o;
  const uint16_t *zeros = (const uint16_t *)w->zeros;
  for (int64_t k = 0; k < p->lines; k++) {
    const uint16_t *a = from + 2 * k * o->out;
    const uint16_t *b = 2 * k + 1 < o->out_width ? a + o->out : zeros;
    float *to = w->gradient + (r * p->lines + k) * p->panel;
    for (int64_t c = 0; c < o->out; c += p->panel, to += WINDOW_BLOCK * p->lines * p->panel) {
      for (int64_t j = 0; j < p->panel; j += WIDTH) {
        store(to + j, interleave(a + c + j, b + c + j));
      }
    }
  }
}

static void window_block(const window_plan *p, const window_worker *w, int64_t n, int64_t first, int64_t rows) {
  const struct residual_weight_gradient *o = p->o;
  int64_t size = p->bf16 ? 2 : 4;
  int64_t top = first * o->stride_h - o->pad_top;
  int64_t row_elements = o->out_width * o->out;
  const char *dy = (const char *)o->diff_dst + (n * o->out_height + first) * row_elements * size;
  for (int64_t r = 0; r < (rows - 1) * o->stride_h + o->kernel_h; r++) {
    pack_window_row(p, w, n, top + r, w->source + r * p->row);
  }
  for (int64_t r = 0; r < rows && p->bf16; r++) {
    pack_gradient_row(p, w, (const uint16_t *)dy + r * row_elements, r);
  }
  /* In bf16 and without stride, the rows are one. */
  int64_t together = p->bf16 && o->stride_h == 1 ? rows : 1;
  int64_t lines = together * p->lines;
  int64_t panels = o->out / p->panel;
  /* Each tile fetches some of what the next block reads. */
  const char *end = (const char *)o->diff_dst + o->images * o->out_height * row_elements * size;
  fetch_range gradient = {dy + rows * row_elements * size, NULL};
  gradient.end = gradient.next + rows * row_elements * size < end ? gradient.next + rows * row_elements * size : end;
  int64_t source_row = o->width * o->in * size;
  int64_t next = n * o->height + top + rows * o->stride_h + o->kernel_h - o->stride_h;
  next = next < 0 ? 0 : next;
  const char *source_end = (const char *)o->src + o->images * o->height * source_row;
  fetch_range source = {(const char *)o->src + next * source_row, NULL};
  source.end = source.next + rows * o->stride_h * source_row;
  source.end = source.end < source_end ? source.end : source_end;
  int64_t tiles = rows / together * o->kernel_h * panels * (p->window / p->tile);
  int64_t fetched = lines_of_tile(&gradient, &source, tiles, lines);
  for (int64_t r = 0; r < rows; r += together) {
    for (int64_t ky = 0; ky < o->kernel_h; ky++) {
      const float *x = w->source + (r * o->stride_h + ky) * p->row;
      for (int64_t panel = 0; panel < panels; panel++) {
        const float *right = p->bf16 ? w->gradient + (panel * WINDOW_BLOCK + r) * p->lines * p->panel
                                     : (const float *)dy + r * row_elements + panel * p->panel;
        float *c = w->weights + (ky * panels + panel) * p->window * p->panel;
        for (int64_t j = 0; j < p->window; j += p->tile) {
          const char *fetch = take(&gradient, fetched);
          if (!fetch) {
            fetch = take(&source, fetched);
          }
          window_tile(
              p->tile, p->panel, p->bf16, x + j, p->line, right, p->bf16 ? p->panel : o->out, c + j * p->panel, lines, fetch,
              fetched);
        }
      }
    }
  }
}

/*
 * Sums what the threads have, from [kernel row][panel][kernel column][in][channel] to [out][in][kernel row][column], for
 * groups of 16 channels; threads that shared anything smaller would write to the same cache lines.
 */
static void sum_windows(const window_plan *p, const float *weights, int copies, int64_t first, int64_t last) {
  const struct residual_weight_gradient *o = p->o;
  int64_t panels = o->out / p->panel;
  int64_t elements = o->in * o->kernel_h * o->kernel_w;
  float sums[16];
  for (int64_t group = first; group < last; group++) {
    int64_t panel = group * 16 / p->panel;
    float *to = o->diff_weights + group * 16 * elements;
    for (int64_t ky = 0; ky < o->kernel_h; ky++) {
      const float *from = weights + (ky * panels + panel) * p->window * p->panel + group * 16 % p->panel;
      for (int64_t kx = 0; kx < o->kernel_w; kx++) {
        for (int64_t i = 0; i < o->in; i++, from += p->panel) {
          for (int c = 0; c < 16; c += WIDTH) {
            vec sum = load(from + c);
            for (int t = 1; t < copies; t++) {
              sum = add(sum, load(from + t * windows_copy(p) + c));
            }
            store(sums + c, sum);
          }
          float *element = to + (i * o->kernel_h + ky) * o->kernel_w + kx;
          for (int c = 0; c < 16; c++) {
            element[c * elements] = sums[c];
          }
        }
      }
    }
  }
}

static int64_t window_floats(const window_plan *p) {
  int64_t gradient = p->bf16 ? WINDOW_BLOCK * p->lines * p->o->out : 0;
  return p->source_rows * p->row + gradient + p->padded + p->o->out + FLOATS_APART;
}

static void window_gradient(const struct residual_weight_gradient *arg) {
  struct residual_weight_gradient o = *arg;
  window_plan p = plan_windows(&o);
  float *all_weights = o.scratch;
  float *others = all_weights + windows_copy(&p) * o.threads;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads();
    window_worker w;
    w.weights = all_weights + t * windows_copy(&p);
    w.source = others + t * window_floats(&p);
    w.between = w.source + p.source_rows * p.row;
    w.zeros = w.between + p.padded;
    w.gradient = w.zeros + o.out;
    memset(w.weights, 0, sizeof(float) * p.weights);
    memset(w.zeros, 0, sizeof(float) * o.out);
    int64_t units = o.images * p.blocks;
    for (int64_t unit = units * t / team; unit < units * (t + 1) / team; unit++) {
      int64_t first = unit % p.blocks * WINDOW_BLOCK;
      int64_t rows = least(o.out_height - first, WINDOW_BLOCK);
      window_block(&p, &w, unit / p.blocks, first, rows);
    }
#pragma omp barrier
    int64_t groups = o.out / 16;
    sum_windows(&p, all_weights, team, groups * t / team, groups * (t + 1) / team);
    restore_denormals(csr);
  }
}

static int64_t window_gradient_scratch(const struct residual_weight_gradient *o) {
  window_plan p = plan_windows(o);
  return (windows_copy(&p) + window_floats(&p)) * o->threads * (int64_t)sizeof(float);
}

/* Whether this is the better way: wide channels are better taken one kernel element after the other. */
static int sees_windows(const struct residual_weight_gradient *o) {
  int64_t window = o->kernel_w * o->in;
  return o->out % 16 == 0 && o->dilation_h == 1 && o->dilation_w == 1 && (window % 24 == 0 || window % 7 == 0) &&
      (o->in % 16 != 0 || (o->dtype == RESIDUAL_BF16 && o->in <= 64 && o->kernel_w > 1));
}

#endif
