/* How images are divided into square tiles. */
#ifndef TILE_GRID_H
#define TILE_GRID_H

#include <stdint.h>

typedef struct {
  int64_t side;   /* positions in a row of a tile */
  int64_t across; /* tiles in a row of an image */
  int64_t down;
  int64_t count; /* in all images */
} tile_grid;

/* Tiles of so many positions a side; those at the right and at the bottom may leave the image. */
static inline tile_grid grid_of(int64_t images, int64_t height, int64_t width, int64_t side) {
  tile_grid g;
  g.side = side;
  g.across = (width + side - 1) / side;
  g.down = (height + side - 1) / side;
  g.count = images * g.down * g.across;
  return g;
}

/* A tile of an image, and the step to the next one. */
typedef struct {
  int64_t image;
  int64_t y;
  int64_t x;
} tile_place;

static inline tile_place place_of(const tile_grid *g, int64_t tile) {
  tile_place at = {tile / g->across / g->down, tile / g->across % g->down, tile % g->across};
  return at;
}

static inline void step(const tile_grid *g, tile_place *at) {
  if (++at->x == g->across) {
    at->x = 0;
    if (++at->y == g->down) {
      at->y = 0;
      at->image++;
    }
  }
}

#endif
