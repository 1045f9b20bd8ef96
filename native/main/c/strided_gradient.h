/*
 * The gradient of the source of a convolution with strides: of the positions of the source, each of as many phases as the
 * strides have steps sees other elements of the kernel, and is a convolution without strides of the gradient of the result.
 */
#include "convolution.h"

#if WIDTH > 1

/* Phases of one gradient. */
#define MOST_PHASES 16

typedef struct {
  struct residual_convolution o[MOST_PHASES]; /* what each computes */
  convolution_plan plan[MOST_PHASES];
  int count;
} gradient_phases;

/* The first of the positions of a phase, as a multiple of the stride: positions are stride * i + phase - pad. */
static inline int64_t first_step(int64_t stride, int64_t phase, int64_t pad) {
  return pad > phase ? (pad - phase + stride - 1) / stride : 0;
}

static inline int64_t steps_of(int64_t extent, int64_t stride, int64_t phase, int64_t pad) {
  int64_t last = extent - 1 + pad - phase;
  return last < 0 ? 0 : last / stride + 1 - first_step(stride, phase, pad);
}

static void plan_phases(const struct residual_convolution *o, gradient_phases *phases) {
  const float *weights = o->weights;
  phases->count = o->stride_h * o->stride_w;
  for (int i = 0; i < phases->count; i++) {
    int64_t y = i / o->stride_w, x = i % o->stride_w;
    int64_t top = first_step(o->stride_h, y, o->pad_top), left = first_step(o->stride_w, x, o->pad_left);
    struct residual_convolution *phase = &phases->o[i];
    *phase = *o;
    phase->weights = weights;
    phase->kernel_h = (int32_t)taps(o->kernel_h, o->stride_h, y);
    phase->kernel_w = (int32_t)taps(o->kernel_w, o->stride_w, x);
    phase->stride_h = phase->stride_w = 1;
    phase->pad_top = (int32_t)(phase->kernel_h - 1 - top);
    phase->pad_left = (int32_t)(phase->kernel_w - 1 - left);
    phase->out_height = steps_of(o->out_height, o->stride_h, y, o->pad_top);
    phase->out_width = steps_of(o->out_width, o->stride_w, x, o->pad_left);
    convolution_plan *p = &phases->plan[i];
    *p = plan_convolution(phase);
    result_places places = {
        o->out_height, o->out_width, top * o->stride_h + y - o->pad_top, left * o->stride_w + x - o->pad_left,
        o->stride_h, o->stride_w};
    p->places = places;
    p->tile.out = product_panel(o->out);
    weights += p->tile.depth * o->out;
  }
}

static int64_t phase_bytes(const gradient_phases *phases) {
  int64_t bytes = 0;
  for (int i = 0; i < phases->count; i++) {
    int64_t own = rows_bytes(&phases->plan[i]);
    bytes = own > bytes ? own : bytes;
  }
  return bytes;
}

static int64_t strided_gradient_scratch(const struct residual_convolution *o) {
  gradient_phases phases;
  if (o->stride_h * o->stride_w > MOST_PHASES || convolution_scratch(o) < 0) {
    return -1;
  }
  plan_phases(o, &phases);
  return phase_bytes(&phases) * o->threads;
}

/* Zeros for positions that no window has seen. */
static void clear_results(const convolution_plan *p, int64_t first, int64_t last, int64_t from_channel, int64_t to_channel) {
  tile_place at = place_of(&p->results, first);
  for (int64_t i = first; i < last; i++, step(&p->results, &at)) {
    memset(scattered(p, &at) + from_channel * p->bytes, 0, (to_channel - from_channel) * p->bytes);
  }
}

/* Blocks of all phases in turns, for they read the same rows. */
static void strided_gradient(const struct residual_convolution *o) {
  gradient_phases phases;
  plan_phases(o, &phases);
  int64_t panel = product_panel(o->out), panels = o->out / panel;
#pragma omp parallel num_threads(o->threads)
  {
    uint32_t csr = flush_denormals();
    int t = omp_get_thread_num();
    int team = omp_get_num_threads();
    char *copy = (char *)o->scratch + t * phase_bytes(&phases);
    int left = phases.count;
    for (int64_t b = 0; left > 0; b++) {
      left = 0;
      for (int i = 0; i < phases.count; i++) {
        const convolution_plan *p = &phases.plan[i];
        int64_t blocks = (p->positions + PRODUCT_ROWS - 1) / PRODUCT_ROWS;
        int64_t start = p->by_channels ? 0 : blocks * t / team * PRODUCT_ROWS;
        int64_t end = p->by_channels ? p->positions : least(blocks * (t + 1) / team * PRODUCT_ROWS, p->positions);
        int64_t from_channel = p->by_channels ? panels * t / team * panel : 0;
        int64_t to_channel = p->by_channels ? panels * (t + 1) / team * panel : o->out;
        int64_t first = start + b * p->block;
        if (first >= end || from_channel == to_channel) {
          continue;
        }
        left++;
        if (p->tile.depth == 0) {
          clear_results(p, first, least(first + p->block, end), from_channel, to_channel);
        } else {
          convolve_block(p, first, end, from_channel, to_channel, copy);
        }
      }
    }
    restore_denormals(csr);
  }
}

#else

static int64_t strided_gradient_scratch(const struct residual_convolution *o) {
  (void)o;
  return -1;
}

static void strided_gradient(const struct residual_convolution *o) { (void)o; }

#endif
