/*
 * Weight gradients of 3x3 convolutions with stride 1 by Winograd's minimal filtering F(3x3, 4x4): the source is evaluated
 * as for the convolution, and so are tiles of 4 by 4 of the gradient; the 36 products of a tile, summed over all tiles,
 * are interpolated to 3 by 3 weights.
 */
#if WIDTH > 1

/* Tiles that are transformed together. */
#define GRADIENT_TILES 112
#define GRADIENT_TILES_ALONE 56

/* From this size on threads share the 36 products instead of the tiles: copies would fill the caches. */
#define SHARED_PRODUCTS (1 << 20)

typedef struct {
  const struct residual_weight_gradient *o;
  tile_grid tiles;
  int64_t panel;   /* channels of the gradient that lie together */
  int64_t block;   /* tiles that are transformed together */
  int64_t source;  /* elements of one of the 36 factors */
  int64_t gradient;
  int64_t weights; /* elements of one of the 36 sums */
  int by_products; /* what threads share: the 36 products, or the tiles */
} winograd_gradient_plan;

static winograd_gradient_plan plan_winograd_gradient(const struct residual_weight_gradient *o) {
  winograd_gradient_plan p;
  p.o = o;
  p.tiles = grid_of(o->images, o->out_height, o->out_width, WINOGRAD_TILE);
  p.panel = weight_panel(o->out);
  p.weights = o->in * o->out;
  p.by_products = WINOGRAD_PRODUCTS * p.weights * (int64_t)sizeof(float) > SHARED_PRODUCTS;
  p.block = p.by_products ? GRADIENT_TILES : GRADIENT_TILES_ALONE;
  p.source = spread(p.block * o->in);
  p.gradient = spread(p.block * o->out);
  return p;
}

static int64_t gradient_block_floats(const winograd_gradient_plan *p) {
  return WINOGRAD_PRODUCTS * (p->source + p->gradient) + FLOATS_APART;
}

static int64_t gradient_sum_floats(const winograd_gradient_plan *p) {
  return WINOGRAD_PRODUCTS * p->weights + FLOATS_APART;
}

static int64_t winograd_gradient_scratch(const struct residual_weight_gradient *o) {
  int square = o->kernel_h == 3 && o->kernel_w == 3;
  int dense = o->stride_h == 1 && o->stride_w == 1 && o->dilation_h == 1 && o->dilation_w == 1;
  if (!square || !dense || o->in % 16 != 0 || o->out % 16 != 0) {
    return -1;
  }
  winograd_gradient_plan p = plan_winograd_gradient(o);
  int64_t copies = p.by_products ? 1 : o->threads;
  int64_t zeros = most(o->in, o->out) + FLOATS_APART;
  return (copies * (gradient_block_floats(&p) + gradient_sum_floats(&p)) + o->threads * zeros) *
      (int64_t)sizeof(float);
}

/* G' y: four gradients, evaluated and divided by what interpolation divides by. */
static inline __attribute__((always_inline)) void evaluate_gradient(const vec y[4], vec to[6]) {
  vec even_a = mul(splat(-2.0f / 3), fma3(splat(0.5f), y[2], y[0]));
  vec odd_a = mul(splat(-2.0f / 3 * POINT_A), fma3(splat(0.5f), y[3], y[1]));
  vec even_b = mul(splat(1.0f / 6), fma3(splat(2), y[2], y[0]));
  vec odd_b = mul(splat(1.0f / 6 * POINT_B), fma3(splat(2), y[3], y[1]));
  to[0] = y[0];
  to[1] = add(even_a, odd_a);
  to[2] = sub(even_a, odd_a);
  to[3] = add(even_b, odd_b);
  to[4] = sub(even_b, odd_b);
  to[5] = y[3];
}

/* A'^T m: three weights of six sums. */
static inline __attribute__((always_inline)) void interpolate_weights(const vec m[6], vec to[3]) {
  vec even_a = add(m[1], m[2]), odd_a = sub(m[1], m[2]);
  vec even_b = add(m[3], m[4]), odd_b = sub(m[3], m[4]);
  to[0] = add(add(even_a, even_b), m[0]);
  to[1] = fma3(splat(POINT_B), odd_b, mul(splat(POINT_A), odd_a));
  to[2] = add(fma3(splat(2), even_b, mul(splat(0.5f), even_a)), m[5]);
}

/* The right factors of one tile, in panels of channels: `at` holds the addresses of its 16 positions. */
static __attribute__((noinline)) void transform_gradient(
    const uintptr_t *at, int64_t channels, int bf16, float *restrict to, int64_t stride, int64_t panel, int64_t rows) {
  for (int64_t c = 0; c < channels; c += WIDTH) {
    vec half[6][4];
    UNROLL(int x = 0; x < 4; x++) {
      vec column[4], result[6];
      UNROLL(int y = 0; y < 4; y++) { column[y] = get((const void *)at[y * 4 + x], c, bf16); }
      evaluate_gradient(column, result);
      UNROLL(int y = 0; y < 6; y++) { half[y][x] = result[y]; }
    }
    float *panel_at = to + c / panel * panel * rows + c % panel;
    UNROLL(int y = 0; y < 6; y++) {
      vec result[6];
      evaluate_gradient(half[y], result);
      UNROLL(int x = 0; x < 6; x++) { store(panel_at + (y * 6 + x) * stride, result[x]); }
    }
  }
}

/* Both factors of the tiles in a part of a block that begins at `first` and has `rows` tiles. */
static void transform_factors(
    const winograd_gradient_plan *p, int64_t first, int64_t rows, int64_t from, int64_t to, const float *zeros,
    float *source, float *gradient) {
  const struct residual_weight_gradient *o = p->o;
  int bf16 = o->dtype == RESIDUAL_BF16;
  int64_t bytes = bf16 ? 2 : 4;
  tile_place place = place_of(&p->tiles, from);
  uintptr_t at[36];
  for (int64_t t = from; t < to; t++, step(&p->tiles, &place)) {
    int64_t y = place.y * WINOGRAD_TILE, x = place.x * WINOGRAD_TILE;
    const char *src = (const char *)o->src + place.image * o->height * o->width * o->in * bytes;
    find_positions(src, o->height, o->width, o->in * bytes, y - o->pad_top, x - o->pad_left, 6, zeros, at);
    transform_source_of_4(at, o->in, bf16, source + (t - first) * 16, p->source, 16, rows);
    const char *diff = (const char *)o->diff_dst + place.image * o->out_height * o->out_width * o->out * bytes;
    find_positions(diff, o->out_height, o->out_width, o->out * bytes, y, x, 4, zeros, at);
    transform_gradient(at, o->out, bf16, gradient + (t - first) * p->panel, p->gradient, p->panel, rows);
  }
}

/* What a thread will transform next, fetched with the tiles of weights of a block. */
typedef struct {
  memory_ahead source;
  memory_ahead gradient;
} factors_ahead;

static factors_ahead factors_of_tiles(const winograd_gradient_plan *p, int64_t from, int64_t to) {
  const struct residual_weight_gradient *o = p->o;
  int64_t bytes = o->dtype == RESIDUAL_BF16 ? 2 : 4;
  int64_t times = products_of_thread(WINOGRAD_PRODUCTS, p->by_products, o->threads) * (o->in * o->out / 256);
  factors_ahead ahead = {
      rows_of_tiles(&p->tiles, o->src, o->height, o->width * o->in * bytes, 2 - o->pad_top, from, to, times),
      rows_of_tiles(&p->tiles, o->diff_dst, o->out_height, o->out_width * o->out * bytes, 0, from, to, times)};
  return ahead;
}

/* Adds the products of a block's tiles to one of the 36 sums; the first block overwrites it. */
static void add_products(
    const winograd_gradient_plan *p, int64_t rows, int product, int overwrite, const float *source, const float *gradient,
    float *weights, factors_ahead *ahead) {
  const struct residual_weight_gradient *o = p->o;
  int64_t tile_rows = 256 / p->panel;
  source += product * p->source;
  gradient += product * p->gradient;
  weights += product * p->weights;
  for (int64_t c = 0; c < o->out; c += p->panel) {
    for (int64_t i = 0; i < o->in; i += tile_rows) {
      fetch_to_read(&ahead->source);
      fetch_to_read(&ahead->gradient);
      weight_tile(
          p->panel, 0, source + i / 16 * rows * 16 + i % 16, gradient + c * rows, weights + c * o->in + i * p->panel, rows,
          overwrite, NULL, 0);
    }
  }
}

/* Weights, o i 3 3, of units of WIDTH channels of the gradient and one of the source. */
static void interpolate_sums(
    const winograd_gradient_plan *p, const float *sums, int64_t copies, int64_t stride, int64_t from, int64_t to) {
  const struct residual_weight_gradient *o = p->o;
  for (int64_t unit = from; unit < to; unit++) {
    int64_t c = unit / o->in * WIDTH, i = unit % o->in;
    const float *at = sums + c / p->panel * p->panel * o->in + i * p->panel + c % p->panel;
    vec half[3][6];
    UNROLL(int x = 0; x < 6; x++) {
      vec column[6], result[3];
      UNROLL(int y = 0; y < 6; y++) {
        const float *sum = at + (y * 6 + x) * p->weights;
        column[y] = load(sum);
        for (int64_t t = 1; t < copies; t++) {
          column[y] = add(column[y], load(sum + t * stride));
        }
      }
      interpolate_weights(column, result);
      UNROLL(int y = 0; y < 3; y++) { half[y][x] = result[y]; }
    }
    UNROLL(int y = 0; y < 3; y++) {
      vec result[3];
      interpolate_weights(half[y], result);
      UNROLL(int x = 0; x < 3; x++) {
        float lanes[WIDTH];
        store(lanes, result[x]);
        float *weight = o->diff_weights + (c * o->in + i) * 9 + y * 3 + x;
        for (int lane = 0; lane < WIDTH; lane++) {
          weight[lane * o->in * 9] = lanes[lane];
        }
      }
    }
  }
}

static void winograd_gradient(const struct residual_weight_gradient *arg) {
  struct residual_weight_gradient o = *arg;
  winograd_gradient_plan p = plan_winograd_gradient(&o);
  int64_t copies = p.by_products ? 1 : o.threads;
  int64_t floats = gradient_block_floats(&p);
  int64_t sums = gradient_sum_floats(&p);
  float *all_sums = (float *)o.scratch + copies * floats;
  int64_t longest = o.in > o.out ? o.in : o.out;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads();
    float *source = (float *)o.scratch + (p.by_products ? 0 : t * floats);
    float *gradient = source + WINOGRAD_PRODUCTS * p.source;
    float *weights = all_sums + (p.by_products ? 0 : t * sums);
    float *zeros = all_sums + copies * sums + t * (longest + FLOATS_APART);
    memset(zeros, 0, sizeof(float) * longest);
    int64_t start = p.by_products ? 0 : p.tiles.count * t / team;
    int64_t end = p.by_products ? p.tiles.count : p.tiles.count * (t + 1) / team;
    if (start == end) {
      memset(weights, 0, sizeof(float) * WINOGRAD_PRODUCTS * p.weights);
    }
    for (int64_t first = start; first < end; first += p.block) {
      int64_t rows = end - first < p.block ? end - first : p.block;
      int64_t next = first + rows;
      int64_t later = end - next < p.block ? end - next : p.block;
      if (p.by_products) {
        factors_ahead ahead = factors_of_tiles(&p, next + later * t / team, next + later * (t + 1) / team);
        transform_factors(
            &p, first, rows, first + rows * t / team, first + rows * (t + 1) / team, zeros, source, gradient);
#pragma omp barrier
        for (int k = WINOGRAD_PRODUCTS * t / team; k < WINOGRAD_PRODUCTS * (t + 1) / team; k++) {
          add_products(&p, rows, k, first == start, source, gradient, weights, &ahead);
        }
#pragma omp barrier
      } else {
        factors_ahead ahead = factors_of_tiles(&p, next, next + later);
        transform_factors(&p, first, rows, first, first + rows, zeros, source, gradient);
        for (int k = 0; k < WINOGRAD_PRODUCTS; k++) {
          add_products(&p, rows, k, first == start, source, gradient, weights, &ahead);
        }
      }
    }
#pragma omp barrier
    int64_t units = o.out / WIDTH * o.in;
    interpolate_sums(&p, all_sums, p.by_products ? 1 : team, sums, units * t / team, units * (t + 1) / team);
    restore_denormals(csr);
  }
}

#else

static int64_t winograd_gradient_scratch(const struct residual_weight_gradient *o) {
  (void)o;
  return -1;
}

static void winograd_gradient(const struct residual_weight_gradient *o) { (void)o; }

#endif
