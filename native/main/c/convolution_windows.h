/* How a convolution is divided, and how windows of its source become rows that can be multiplied. */
#ifndef CONVOLUTION_WINDOWS_H
#define CONVOLUTION_WINDOWS_H

#include "convolution_tile.h"
#include "rows.h"
#include "tile_grid.h"

/* Rows that are multiplied together take at most so many bytes, and are at most so many tiles. */
#define ROWS_BYTES (3 << 17)
#define ROWS_TILES 8

/* Where results lie that are some positions of images only: every so many rows and columns of them. */
typedef struct {
  int64_t height; /* of the images; 0 where results are all positions */
  int64_t width;
  int64_t top; /* the place of the first */
  int64_t left;
  int64_t rows; /* from one to the next */
  int64_t columns;
} result_places;

typedef struct {
  const struct residual_convolution *o;
  tile_shape tile;
  tile_grid results; /* of one position a side */
  result_places places;
  int64_t bytes;     /* of an element */
  int64_t positions; /* of all results */
  int64_t block;     /* positions whose rows are multiplied together */
  int64_t row;       /* bytes from a row to the next; copied ones begin in different sets of a cache */
  int copied;        /* whether all rows are copied; else only those of a tile that is not full */
  int by_channels;   /* what threads share: channels, or positions */
} convolution_plan;

/* Whether the rows of the left factor are the positions of the source. */
static inline int is_pointwise(const struct residual_convolution *o) {
  return o->kernel_h * o->kernel_w == 1 && o->stride_h == 1 && o->stride_w == 1 && o->pad_top == 0 && o->pad_left == 0 &&
      o->out_height == o->height && o->out_width == o->width;
}

static convolution_plan plan_convolution(const struct residual_convolution *o) {
  convolution_plan p;
  int64_t window = o->kernel_h * o->kernel_w * o->in;
  p.o = o;
  p.bytes = o->dtype == RESIDUAL_BF16 ? 2 : 4;
  p.copied = !is_pointwise(o) || window * p.bytes % 4 != 0;
  p.row = p.copied ? round_up(window * p.bytes, 64) + 64 : window * p.bytes;
  p.tile.depth = (window * p.bytes + 3) / 4;
  p.tile.pitch = p.row / 4;
  p.tile.out = o->out;
  p.tile.relu = o->relu;
  p.places.height = 0;
  p.results = grid_of(o->images, o->out_height, o->out_width, 1);
  p.positions = p.results.count;
  int64_t tiles = ROWS_BYTES / p.row / PRODUCT_ROWS;
  p.block = PRODUCT_ROWS * (tiles < 1 ? 1 : tiles > ROWS_TILES ? ROWS_TILES : tiles);
  p.by_channels = p.positions < o->out;
  return p;
}

/* The rows that a thread copies. */
static int64_t rows_bytes(const convolution_plan *p) {
  return p->row * (p->copied ? p->block : PRODUCT_ROWS) + FLOATS_APART * (int64_t)sizeof(float);
}

/* Copies whole lines of memory: up to 63 bytes more, which what is copied next will overwrite. */
static inline void copy_lines(char *to, const char *from, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) {
    memcpy(to + i, from + i, 64);
  }
}

/* Copies the windows of some positions, and zeros where they leave the image and up to `rows`. */
static void copy_windows(const convolution_plan *p, int64_t from, int64_t to, int64_t rows, char *row) {
  const struct residual_convolution *o = p->o;
  int64_t position = o->in * p->bytes, side = o->kernel_w * position;
  const char *end = (const char *)o->src + o->images * o->height * o->width * position;
  tile_place at = place_of(&p->results, from);
  for (int64_t t = from; t < to; t++, row += p->row, step(&p->results, &at)) {
    int64_t x = at.x * o->stride_w - o->pad_left;
    int64_t first = x < 0 ? -x : 0, last = o->width - x < o->kernel_w ? o->width - x : o->kernel_w;
    int64_t top = at.y * o->stride_h - o->pad_top;
    char *to_row = row;
    for (int64_t y = top; y < top + o->kernel_h; y++, to_row += side) {
      if (y < 0 || y >= o->height || first >= last) {
        memset(to_row, 0, side);
      } else {
        const char *image = (const char *)o->src + ((at.image * o->height + y) * o->width + x) * position;
        if (first == 0 && last == o->kernel_w && end - image >= side + 63) {
          copy_lines(to_row, image, side);
          continue;
        }
        memset(to_row, 0, first * position);
        memcpy(to_row + first * position, image + first * position, (last - first) * position);
        memset(to_row + last * position, 0, side - last * position);
      }
    }
    if (to_row < row + 4 * p->tile.depth) { /* half a word is left */
      memset(to_row, 0, 2);
    }
  }
  memset(row, 0, (rows - (to - from)) * p->row);
}

/* What the windows of some positions see that those before have not, fetched some lines of memory at a time. */
typedef struct {
  const convolution_plan *p;
  tile_place at;
  int64_t windows;  /* left */
  int64_t row;      /* of those that are new in this window */
  const char *next; /* in this row */
  const char *end;
  int64_t lines; /* to be fetched at a time */
} windows_ahead;

static inline int64_t new_rows(const struct residual_convolution *o) { return least(o->stride_h, o->kernel_h); }
static inline int64_t new_columns(const struct residual_convolution *o) { return least(o->stride_w, o->kernel_w); }

static void find_row(windows_ahead *ahead) {
  const struct residual_convolution *o = ahead->p->o;
  int64_t y = ahead->at.y * o->stride_h - o->pad_top + o->kernel_h - new_rows(o) + ahead->row;
  int64_t x = ahead->at.x * o->stride_w - o->pad_left + o->kernel_w - new_columns(o);
  int64_t position = (ahead->at.image * o->height + y) * o->width + x;
  /* Windows of adjacent positions are one row. */
  int64_t columns = ahead->p->copied ? new_columns(o) : ahead->windows;
  ahead->next = (const char *)o->src + position * o->in * ahead->p->bytes;
  ahead->end = ahead->next + columns * o->in * ahead->p->bytes;
}

static windows_ahead ahead_of(const convolution_plan *p, int64_t from, int64_t to, int64_t times) {
  const struct residual_convolution *o = p->o;
  int64_t lines = (new_columns(o) * o->in * p->bytes + 63) / 64 * new_rows(o);
  windows_ahead ahead = {p, place_of(&p->results, from), to - from, 0, NULL, NULL, (to - from) * lines / times + 1};
  if (ahead.windows > 0) {
    find_row(&ahead);
  }
  return ahead;
}

static void fetch_windows(windows_ahead *ahead) {
  for (int64_t i = 0; i < ahead->lines && ahead->windows > 0; i++) {
    __builtin_prefetch(ahead->next, 0, 2);
    ahead->next += 64;
    if (ahead->next >= ahead->end) {
      if (!ahead->p->copied) {
        ahead->windows = 0;
      } else if (++ahead->row == new_rows(ahead->p->o)) {
        ahead->row = 0;
        ahead->windows--;
        step(&ahead->p->results, &ahead->at);
      }
      find_row(ahead);
    }
  }
}

#endif
