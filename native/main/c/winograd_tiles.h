/* How Winograd convolutions divide images into tiles, of 4 by 4 results where nothing else is said. */
#ifndef WINOGRAD_TILES_H
#define WINOGRAD_TILES_H

#include "kernels.h"
#include "tile_grid.h"

#define WINOGRAD_TILE 4      /* results in a row of a tile */
#define WINOGRAD_PRODUCTS 36 /* of a tile, for each pair of channels */

/* The elements of one of 36 matrices, so that they begin in different sets of a cache. */
static inline int64_t spread(int64_t elements) { return round_up(elements, 1024) + 16; }

/* The addresses of a square of positions of an image; those outside are replaced. */
static inline __attribute__((always_inline)) void find_positions(
    const void *image, int64_t height, int64_t width, int64_t bytes, int64_t y, int64_t x, int side, const void *outside,
    uintptr_t *at) {
  uintptr_t column[6], inside[6];
  for (int j = 0; j < side; j++) {
    column[j] = (uintptr_t)image + (uintptr_t)((x + j) * bytes);
    inside[j] = x + j >= 0 && x + j < width ? UINTPTR_MAX : 0;
  }
  for (int i = 0; i < side; i++) {
    uintptr_t row = (uintptr_t)((y + i) * width * bytes);
    uintptr_t row_inside = y + i >= 0 && y + i < height ? UINTPTR_MAX : 0;
    for (int j = 0; j < side; j++) {
      uintptr_t mask = inside[j] & row_inside;
      at[i * side + j] = ((column[j] + row) & mask) | ((uintptr_t)outside & ~mask);
    }
  }
}

/* How many of the products of a tile a thread computes, where threads share the products and where they do not. */
static inline int64_t products_of_thread(int64_t products, int by_products, int64_t threads) {
  int64_t own = products / (by_products ? threads : 1);
  return own > 0 ? own : 1;
}

/* Memory that is fetched while products are computed, some lines with each. */
typedef struct {
  uintptr_t next;
  uintptr_t end;
  int64_t lines; /* at a time */
} memory_ahead;

/*
 * The rows of images, `height` each, that tiles from `first` to `last` begin to see.
 *
 * @param top the row of an image where its first tile begins to see more than the tile above has seen
 * @param times how often some of it will be fetched
 */
static inline memory_ahead rows_of_tiles(
    const tile_grid *g, const void *images, int64_t height, int64_t row_bytes, int64_t top, int64_t first, int64_t last,
    int64_t times) {
  memory_ahead ahead = {0, 0, 0};
  if (first < last) {
    tile_place from = place_of(g, first), to = place_of(g, last - 1);
    int64_t begin = from.y * g->side + top, end = (to.y + 1) * g->side + top;
    begin = from.image * height + (begin < 0 ? 0 : begin < height ? begin : height);
    end = to.image * height + (end < height ? end : height);
    ahead.next = (uintptr_t)images + (uintptr_t)(begin * row_bytes);
    ahead.end = (uintptr_t)images + (uintptr_t)(end * row_bytes);
    ahead.lines = ahead.end > ahead.next ? (int64_t)(ahead.end - ahead.next) / 64 / times + 1 : 0;
  }
  return ahead;
}

static inline void fetch_to_read(memory_ahead *ahead) {
  for (int64_t i = 0; i < ahead->lines && ahead->next < ahead->end; i++, ahead->next += 64) {
    __builtin_prefetch((const void *)ahead->next, 0, 2);
  }
}

static inline void fetch_to_write(memory_ahead *ahead) {
  for (int64_t i = 0; i < ahead->lines && ahead->next < ahead->end; i++, ahead->next += 64) {
    __builtin_prefetch((const void *)ahead->next, 1, 2);
  }
}

#endif
