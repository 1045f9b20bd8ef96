/*
 * Weight gradients of convolutions: for each kernel element, the product of two matrices that share their rows, which
 * are the positions of the result.
 *
 * Threads share the positions and sum into weights of their own. A thread packs a block of positions, the gradient in
 * panels of 4 channels and the source in panels of PANEL, so that a tile of 4 x PANEL weights stays in registers while
 * the block passes through the nearest cache.
 */
#if defined(__AVX512F__)

/* Positions in a block, and channels of the source in a panel: four vectors. */
#define BLOCK 112
#define PANEL 64

/* Adds dy^T * x to a tile of 4 rows; the first block overwrites it. */
static __attribute__((noinline)) void weight_tile(
    const float *restrict x, const float *restrict dy, float *restrict c, int64_t stride, int64_t rows, int first) {
  vec c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33;
  if (first) {
    c00 = c01 = c02 = c03 = c10 = c11 = c12 = c13 = splat(0);
    c20 = c21 = c22 = c23 = c30 = c31 = c32 = c33 = splat(0);
  } else {
#define ROW(r, a0, a1, a2, a3) \
  a0 = load(c + r * stride), a1 = load(c + r * stride + 16), a2 = load(c + r * stride + 32), a3 = load(c + r * stride + 48)
    ROW(0, c00, c01, c02, c03);
    ROW(1, c10, c11, c12, c13);
    ROW(2, c20, c21, c22, c23);
    ROW(3, c30, c31, c32, c33);
#undef ROW
  }
  for (int64_t k = 0; k < rows; k++) {
    vec x0 = load(x), x1 = load(x + 16), x2 = load(x + 32), x3 = load(x + 48);
    vec b;
#define ROW(r, a0, a1, a2, a3) \
  b = splat(dy[r]), a0 = fma3(b, x0, a0), a1 = fma3(b, x1, a1), a2 = fma3(b, x2, a2), a3 = fma3(b, x3, a3)
    ROW(0, c00, c01, c02, c03);
    ROW(1, c10, c11, c12, c13);
    ROW(2, c20, c21, c22, c23);
    ROW(3, c30, c31, c32, c33);
#undef ROW
    x += PANEL;
    dy += 4;
  }
#define ROW(r, a0, a1, a2, a3) \
  store(c + r * stride, a0), store(c + r * stride + 16, a1), store(c + r * stride + 32, a2), store(c + r * stride + 48, a3)
  ROW(0, c00, c01, c02, c03);
  ROW(1, c10, c11, c12, c13);
  ROW(2, c20, c21, c22, c23);
  ROW(3, c30, c31, c32, c33);
#undef ROW
}

/* Rows of the gradient into panels of 4 channels. */
static __attribute__((noinline)) void pack_gradient(
    const float *restrict dy, float *restrict packed, int64_t rows, int64_t out) {
  for (int64_t k = 0; k < rows; k++) {
    for (int64_t o = 0; o < out; o += 4) {
      memcpy(packed + (o * rows + k * 4), dy + k * out + o, 4 * sizeof(float));
    }
  }
}

/* The source as one kernel element sees it, from position `first` on, into panels; zeros where that is padding. */
static __attribute__((noinline)) void pack_source(
    const struct residual_weight_gradient *o, float *restrict packed, int64_t first, int64_t rows, int ky, int kx) {
  int64_t x = first % o->out_width;
  int64_t y = first / o->out_width % o->out_height;
  int64_t n = first / o->out_width / o->out_height;
  for (int64_t k = 0; k < rows; k++) {
    int64_t h = y * o->stride_h - o->pad_top + ky * o->dilation_h;
    int64_t w = x * o->stride_w - o->pad_left + kx * o->dilation_w;
    float *to = packed + k * PANEL;
    if (h >= 0 && h < o->height && w >= 0 && w < o->width) {
      const float *from = o->src + ((n * o->height + h) * o->width + w) * o->in;
      for (int64_t i = 0; i < o->in; i += PANEL, to += rows * PANEL) {
        store(to, load(from + i));
        store(to + 16, load(from + i + 16));
        store(to + 32, load(from + i + 32));
        store(to + 48, load(from + i + 48));
      }
    } else {
      for (int64_t i = 0; i < o->in; i += PANEL, to += rows * PANEL) {
        memset(to, 0, PANEL * sizeof(float));
      }
    }
    if (++x == o->out_width) {
      x = 0;
      if (++y == o->out_height) {
        y = 0;
        n++;
      }
    }
  }
}

static void weight_block(
    const struct residual_weight_gradient *o, float *weights, float *source, float *gradient, int64_t first,
    int64_t rows, int overwrite) {
  pack_gradient(o->diff_dst + first * o->out, gradient, rows, o->out);
  for (int ky = 0; ky < o->kernel_h; ky++) {
    for (int kx = 0; kx < o->kernel_w; kx++) {
      pack_source(o, source, first, rows, ky, kx);
      float *element = weights + (ky * o->kernel_w + kx) * o->out * o->in;
      for (int64_t i = 0; i < o->in; i += PANEL) {
        for (int64_t c = 0; c < o->out; c += 4) {
          weight_tile(
              source + i * rows, gradient + c * rows, element + c * o->in + i, o->in, rows, overwrite);
        }
      }
    }
  }
}

/* Sums what the threads have, from [element][out][in] to [out][in][element]. */
static void sum_weights(
    const struct residual_weight_gradient *o, const float *weights, int64_t copy, int team, int64_t first,
    int64_t last) {
  int64_t elements = (int64_t)o->kernel_h * o->kernel_w;
  for (int64_t c = first; c < last; c++) {
    float *to = o->diff_weights + c * o->in * elements;
    for (int64_t e = 0; e < elements; e++) {
      const float *from = weights + (e * o->out + c) * o->in;
      for (int64_t i = 0; i < o->in; i++) {
        float sum = from[i];
        for (int t = 1; t < team; t++) {
          sum += from[t * copy + i];
        }
        to[i * elements + e] = sum;
      }
    }
  }
}

static void weight_gradient(const struct residual_weight_gradient *arg) {
  struct residual_weight_gradient o = *arg;
  int64_t positions = o.images * o.out_height * o.out_width;
  int64_t copy = (int64_t)o.kernel_h * o.kernel_w * o.out * o.in;
  float *weights = o.scratch;
  float *packs = weights + copy * o.threads;
#pragma omp parallel num_threads(o.threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads();
    int64_t start = positions * t / team;
    int64_t end = positions * (t + 1) / team;
    float *source = packs + t * BLOCK * (o.in + o.out);
    float *gradient = source + BLOCK * o.in;
    float *own = weights + t * copy;
    if (start == end) {
      memset(own, 0, sizeof(float) * copy);
    }
    for (int64_t first = start; first < end; first += BLOCK) {
      int64_t rows = end - first < BLOCK ? end - first : BLOCK;
      weight_block(&o, own, source, gradient, first, rows, first == start);
    }
#pragma omp barrier
    sum_weights(&o, weights, copy, team, o.out * t / team, o.out * (t + 1) / team);
    restore_denormals(csr);
  }
}

static int64_t weight_gradient_scratch(const struct residual_weight_gradient *o) {
  if (o->in % PANEL != 0 || o->out % 4 != 0) {
    return -1;
  }
  int64_t copy = (int64_t)o->kernel_h * o->kernel_w * o->out * o->in;
  return o->threads * (copy + BLOCK * (o->in + o->out)) * (int64_t)sizeof(float);
}

#else

static int64_t weight_gradient_scratch(const struct residual_weight_gradient *o) {
  (void)o;
  return -1;
}

static void weight_gradient(const struct residual_weight_gradient *o) { (void)o; }

#endif
