/* What each set of instructions offers; the sources that include this are compiled once for each. */
#ifndef KERNELS_H
#define KERNELS_H

#include "residual.h"

typedef struct {
  const char *isa;
  int64_t width; /* channels of batch norms must be a multiple of it */
  void (*batch_norm)(const struct residual_batch_norm *);
  void (*batch_norm_inference)(const struct residual_batch_norm_inference *);
  void (*batch_norm_backward)(const struct residual_batch_norm_backward *);
  void (*sgd)(const struct residual_sgd *);
  void (*weight_gradient)(const struct residual_weight_gradient *);
  int64_t (*weight_gradient_scratch)(const struct residual_weight_gradient *); /* -1 where it cannot */
  void (*cross_entropy)(const struct residual_cross_entropy *);
  void (*cross_entropy_backward)(const struct residual_cross_entropy *);
  void (*shortcut)(const struct residual_shortcut *);
  void (*shortcut_backward)(const struct residual_shortcut *);
  void (*normalize)(const struct residual_normalize *);
  void (*quantize)(const struct residual_quantize *);
  void (*dequantize)(const struct residual_quantize *);
  void (*winograd)(const struct residual_convolution *);
  void (*winograd_weights)(const struct residual_convolution_weights *);
  int64_t (*winograd_scratch)(const struct residual_convolution *); /* -1 where it cannot */
  void (*convolution)(const struct residual_convolution *);
  void (*convolution_weights)(const struct residual_convolution_weights *);
  int64_t (*convolution_scratch)(const struct residual_convolution *); /* -1 where it cannot */
  void (*strided_gradient)(const struct residual_convolution *);
  int64_t (*strided_gradient_scratch)(const struct residual_convolution *); /* -1 where it cannot */
  void (*winograd_gradient)(const struct residual_weight_gradient *);
  int64_t (*winograd_gradient_scratch)(const struct residual_weight_gradient *); /* -1 where it cannot */
  void (*max_pooling)(const struct residual_pooling *);
  void (*max_pooling_backward)(const struct residual_pooling *);
  void (*average_pooling)(const struct residual_pooling *);
  void (*average_pooling_backward)(const struct residual_pooling *);
  void (*relu)(const struct residual_relu *);
  void (*relu_backward)(const struct residual_relu *);
  void (*transpose)(const struct residual_transpose *);
  void (*eltwise)(const struct residual_eltwise *);
  void (*binary)(const struct residual_binary *);
  void (*lerp)(const struct residual_lerp *);
  void (*squares)(const struct residual_squares *);
  void (*adamw)(const struct residual_adamw *);
  void (*lars)(const struct residual_lars *);
  void (*muon_direction)(const struct residual_muon *);
  void (*muon_polynomial)(const struct residual_muon_polynomial *);
  void (*muon)(const struct residual_muon *);
  void (*eltwise_backward)(const struct residual_eltwise *);
  void (*scale_rows)(const struct residual_scale_rows *);
  void (*channel_sums)(const struct residual_channel_sums *);
} kernel_table;

extern const kernel_table kernels_avx512bf16;
extern const kernel_table kernels_avx512;
extern const kernel_table kernels_avx2;
extern const kernel_table kernels_plain;

/* residual_run without counting. */
int residual_run_kernel(int32_t kernel, const void *arguments);

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static inline int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

static inline int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/* The channels that one pass over rows sees: rows of few channels are joined until there are this many. */
#define JOINED_CHANNELS 128

/*
 * The floats between what one thread writes and what the next one does. A processor that sees strides of some kilobytes
 * fetches several of them ahead, and so takes lines from the other core, again and again; far cores pay most for it.
 */
#define FLOATS_APART (1 << 14)

/* The scratch of a batch norm that all threads read, and what each has for itself, in bytes. */
static inline int64_t shared_bytes(int64_t channels) {
  return channels * 3 * (int64_t)sizeof(float) / 64 * 64 + 64 + FLOATS_APART * (int64_t)sizeof(float);
}

static inline int64_t own_bytes(int64_t channels) {
  return channels * (int64_t)(2 * sizeof(double) + 3 * sizeof(float)) / 64 * 64 + 64 +
      FLOATS_APART * (int64_t)sizeof(float);
}

/* The doubles from the sums of one thread to those of the next. */
static inline int64_t channel_sums_apart(int64_t channels) { return round_up(channels, 8) + FLOATS_APART / 2; }

/* The doubles from the sums that a convolution's thread leaves, and its scratch, to those of the next thread. */
static inline int64_t sums_apart(int64_t channels) { return round_up(channels * 4, 8) + FLOATS_APART / 2; }

#endif
