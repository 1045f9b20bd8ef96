/*
 * Convolutions of 3x3 weights with stride 1 by Winograd's minimal filtering, channels last.
 *
 * Each tile of 6 by 6 positions of the source becomes 36 vectors of its channels. For each of the 36 these rows, of all
 * tiles in a block, are multiplied with a matrix of transformed weights, and of the 36 products of a tile come 4 by 4
 * results; or 4 by 4 positions become 16 vectors and these 2 by 2 results. Sums are f32, and factors of tiles of 2 bf16.
 */
#include "rows.h"

#if WIDTH > 1

#include "product.h"
#include "winograd_tiles.h"
#include "winograd_transform.h"

/* Tiles that are transformed together: their factors fit the second cache where channels are few. */
#define BLOCK_TILES (28 / PRODUCT_ROWS * PRODUCT_ROWS)

/* Transformed weights of more bytes are written past the caches, which they would only empty. */
#define LONG_WEIGHTS (1 << 24)

/*
 * Where a thread has fewer tiles, each thread computes some of the products of all, or of so many. Then threads read what
 * others have transformed, which pays only if weights do not fit the second cache and are read for few tiles.
 */
#define FEW_TILES 28
#define FEW_TILES_OF_MANY_WEIGHTS 112
#define MANY_WEIGHTS (1 << 20)
#define SHARED_TILES 448

typedef struct {
  const struct residual_convolution *o;
  tile_grid tiles;
  int64_t products; /* of a tile, for each pair of channels */
  int narrow;       /* whether factors are bf16 */
  int64_t depth;    /* words of a row of factors: one element in f32, two in bf16 */
  int64_t block;    /* tiles that are transformed together */
  int64_t left;     /* words of one of the left factors */
  int64_t result;   /* elements of one of the results */
  int by_products;  /* what threads share: the products of a tile, or the tiles */
} winograd_plan;

static winograd_plan plan_winograd(const struct residual_convolution *o) {
  winograd_plan p;
  p.o = o;
  p.tiles = grid_of(o->images, o->out_height, o->out_width, o->tile);
  p.products = (o->tile + 2) * (o->tile + 2);
  p.narrow = o->tile == 2;
  p.depth = p.narrow ? o->in / 2 : o->in;
  int64_t share = (p.tiles.count + o->threads - 1) / o->threads;
  int many_weights = p.products * p.depth * o->out * (int64_t)sizeof(float) > MANY_WEIGHTS;
  p.by_products = share < (many_weights ? FEW_TILES_OF_MANY_WEIGHTS : FEW_TILES);
  int64_t together = p.tiles.count < SHARED_TILES ? p.tiles.count : SHARED_TILES;
  p.block = p.by_products ? round_up(together, PRODUCT_ROWS) : BLOCK_TILES;
  p.left = spread(p.block * p.depth);
  p.result = spread(p.block * o->out);
  return p;
}

static int64_t block_floats(const winograd_plan *p) {
  return p->products * (p->left + p->result) + FLOATS_APART;
}

/* A position of zeros outside images, and one for results that nobody needs. */
static int64_t outside_floats(const struct residual_convolution *o) { return o->in + o->out + FLOATS_APART; }

static int64_t winograd_scratch(const struct residual_convolution *o) {
  int is_3x3 = o->kernel_h == 3 && o->kernel_w == 3 && o->dilation_h == 1 && o->dilation_w == 1;
  int has_tile = o->tile == 4 || (o->tile == 2 && o->dtype == RESIDUAL_BF16 && HAS_BF16_PRODUCTS);
  if (!has_tile || !is_3x3 || o->stride_h != 1 || o->stride_w != 1 || o->in % WIDTH != 0 || o->out % WIDTH != 0) {
    return -1;
  }
  winograd_plan p = plan_winograd(o);
  int64_t blocks = p.by_products ? 1 : o->threads;
  return (blocks * block_floats(&p) + o->threads * outside_floats(o)) * (int64_t)sizeof(float);
}

static void transform_sources(
    const winograd_plan *p, int64_t first, int64_t from, int64_t to, const float *zeros, float *left) {
  const struct residual_convolution *o = p->o;
  int bf16 = o->dtype == RESIDUAL_BF16;
  int64_t bytes = o->in * (bf16 ? 2 : 4), side = p->tiles.side;
  tile_place place = place_of(&p->tiles, from);
  uintptr_t at[36];
  for (int64_t t = from; t < to; t++, step(&p->tiles, &place)) {
    const char *image = (const char *)o->src + place.image * o->height * o->width * bytes;
    find_positions(
        image, o->height, o->width, bytes, place.y * side - o->pad_top, place.x * side - o->pad_left, (int)side + 2, zeros,
        at);
    float *row = left + (t - first) * p->depth;
    if (p->narrow) {
      transform_source_of_2(at, o->in, (uint16_t *)row, 2 * p->left);
    } else {
      transform_source_of_4(at, o->in, bf16, row, p->left, o->in, 1);
    }
  }
}

/* How often a thread multiplies in a block: with each product, some of what is needed next is fetched. */
static int64_t products_of_block(const winograd_plan *p, int64_t tiles) {
  int64_t panels = p->o->out / product_panel(p->o->out), rows = round_up(tiles, PRODUCT_ROWS) / PRODUCT_ROWS;
  return products_of_thread(p->products, p->by_products, p->o->threads) * panels * rows;
}

static memory_ahead source_ahead(const winograd_plan *p, int64_t from, int64_t to, int64_t times) {
  const struct residual_convolution *o = p->o;
  int64_t bytes = o->width * o->in * (o->dtype == RESIDUAL_BF16 ? 2 : 4);
  return rows_of_tiles(&p->tiles, o->src, o->height, bytes, 2 - o->pad_top, from, to, times);
}

static memory_ahead results_ahead(const winograd_plan *p, int64_t from, int64_t to, int64_t times) {
  const struct residual_convolution *o = p->o;
  int64_t bytes = o->out_width * o->out * (o->dtype == RESIDUAL_BF16 ? 2 : 4);
  return rows_of_tiles(&p->tiles, o->dst, o->out_height, bytes, 0, from, to, times);
}

static void multiply(
    const winograd_plan *p, int64_t tiles, int64_t product, const float *left, float *result, memory_ahead *source,
    memory_ahead *results) {
  const struct residual_convolution *o = p->o;
  int64_t panel = product_panel(o->out);
  const float *weights = o->weights + product * p->depth * o->out;
  for (int64_t c = 0; c < o->out; c += panel) {
    const float *right = weights + c * p->depth, *next = right + panel * p->depth;
    for (int64_t t = 0, tile = 0, rows; t < tiles; t += rows, tile++) {
      rows = tile_rows(tiles - t);
      fetch_to_read(source);
      fetch_to_write(results);
      product_of(rows, panel, p->narrow)(
          left + product * p->left + t * p->depth, p->depth, right, p->depth,
          panel_ahead(right, p->depth, panel, next, tile), result + product * p->result + t * o->out + c, o->out);
    }
  }
}

static void transform_results(
    const winograd_plan *p, int64_t first, int64_t from, int64_t to, float *unused, const float *result) {
  const struct residual_convolution *o = p->o;
  winograd_ending ending = {o->bias, o->relu, o->dtype == RESIDUAL_BF16};
  int64_t bytes = o->out * (ending.bf16 ? 2 : 4);
  tile_place place = place_of(&p->tiles, from);
  uintptr_t at[16], add_at[16];
  for (int64_t t = from; t < to; t++, step(&p->tiles, &place)) {
    int64_t image = place.image * o->out_height * o->out_width * bytes;
    int64_t y = place.y * p->tiles.side, x = place.x * p->tiles.side;
    int side = (int)p->tiles.side;
    find_positions((char *)o->dst + image, o->out_height, o->out_width, bytes, y, x, side, unused, at);
    if (o->add) {
      find_positions((const char *)o->add + image, o->out_height, o->out_width, bytes, y, x, side, unused, add_at);
    }
    (side == 2 ? transform_products_of_2 : transform_products_of_4)(
        result + (t - first) * o->out, p->result, o->out, &ending, o->add ? add_at : NULL, at);
  }
}

static void winograd(const struct residual_convolution *arg) {
  struct residual_convolution o = *arg;
  winograd_plan p = plan_winograd(&o);
  int64_t blocks = p.by_products ? 1 : o.threads;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads();
    float *left = (float *)o.scratch + (p.by_products ? 0 : t * block_floats(&p));
    float *result = left + p.products * p.left;
    float *zeros = (float *)o.scratch + blocks * block_floats(&p) + t * outside_floats(&o);
    float *unused = zeros + o.in;
    memset(zeros, 0, sizeof(float) * o.in);
    if (p.by_products) {
      for (int64_t first = 0; first < p.tiles.count; first += p.block) {
        int64_t count = p.tiles.count - first < p.block ? p.tiles.count - first : p.block;
        int64_t from = first + count * t / team, to = first + count * (t + 1) / team;
        memory_ahead source = {0, 0, 0};
        memory_ahead results = results_ahead(&p, from, to, products_of_block(&p, count));
        transform_sources(&p, first, from, to, zeros, left);
#pragma omp barrier
        for (int64_t k = p.products * t / team; k < p.products * (t + 1) / team; k++) {
          multiply(&p, count, k, left, result, &source, &results);
        }
#pragma omp barrier
        transform_results(&p, first, from, to, unused, result);
      }
    } else {
      int64_t start = p.tiles.count * t / team, end = p.tiles.count * (t + 1) / team;
      for (int64_t first = start; first < end; first += p.block) {
        int64_t count = end - first < p.block ? end - first : p.block;
        int64_t next = first + 2 * count < end ? first + 2 * count : end;
        int64_t times = products_of_block(&p, count);
        memory_ahead source = source_ahead(&p, first + count, next, times);
        memory_ahead results = results_ahead(&p, first, first + count, times);
        transform_sources(&p, first, first, first + count, zeros, left);
        for (int64_t k = 0; k < p.products; k++) {
          multiply(&p, count, k, left, result, &source, &results);
        }
        transform_results(&p, first, first, first + count, unused, result);
      }
    }
    restore_denormals(csr);
  }
}

/* The transformed weights of WIDTH channels of the result, from `from` on, and channel i of the source. */
static inline __attribute__((always_inline)) void transform_weights(
    int tile, const struct residual_convolution_weights *o, int64_t from, int64_t by_out, int64_t i, int past_caches,
    float *to) {
  int64_t panel = product_panel(o->out);
  int64_t words = (tile == 2 ? o->in / 2 : o->in) * o->out; /* of one of the right factors */
  int bf16 = o->dtype == RESIDUAL_BF16, side = tile + 2;
  vec half[6][3];
  UNROLL(int x = 0; x < 3; x++) {
    vec column[3], result[6];
    UNROLL(int y = 0; y < 3; y++) {
      int element = y * 3 + x;
      column[y] = gather(o->weights, from + (o->backward ? 8 - element : element), by_out, bf16);
    }
    evaluate_weights(tile, column, result);
    UNROLL(int y = 0; y < side; y++) { half[y][x] = result[y]; }
  }
  UNROLL(int y = 0; y < side; y++) {
    vec result[6];
    evaluate_weights(tile, half[y], result);
    UNROLL(int x = 0; x < side; x++) {
      float *product = to + (y * side + x) * words;
      if (past_caches) {
        stream(product + i * panel, result[x]);
      } else {
        store_weights(product, panel, i, result[x], tile == 2);
      }
    }
  }
}

static void winograd_weights(const struct residual_convolution_weights *arg) {
  struct residual_convolution_weights o = *arg;
  int64_t panel = product_panel(o.out);
  int narrow = o.tile == 2;
  int past_caches = !narrow && WINOGRAD_PRODUCTS * o.in * o.out * (int64_t)sizeof(float) > LONG_WEIGHTS;
  /* o i 3 3, or, to convolve backward, i o 3 3 turned round. */
  int64_t by_out = o.backward ? 9 : o.in * 9, by_in = o.backward ? o.out * 9 : 9;
  int64_t depth = narrow ? o.in / 2 : o.in;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int64_t groups = o.out / WIDTH;
#pragma omp for schedule(static)
    for (int64_t unit = 0; unit < groups * o.in / 2; unit++) {
      int64_t c = unit / (o.in / 2) * WIDTH, first = unit % (o.in / 2) * 2;
      float *to = o.dst + c / panel * panel * depth + c % panel;
      for (int64_t i = first; i < first + 2; i++) { /* which in bf16 share words */
        int64_t from = c * by_out + i * by_in;
        if (narrow) {
          transform_weights(2, &o, from, by_out, i, 0, to);
        } else {
          transform_weights(4, &o, from, by_out, i, past_caches, to);
        }
      }
    }
    _mm_sfence();
    restore_denormals(csr);
  }
}

#else

static int64_t winograd_scratch(const struct residual_convolution *o) {
  (void)o;
  return -1;
}

static void winograd(const struct residual_convolution *o) { (void)o; }

static void winograd_weights(const struct residual_convolution_weights *o) { (void)o; }

#endif
