/*
 * The CUDA kernels of Residual: their arguments, and how many blocks and how much workspace each wants. Plain C, for the
 * compiler of the device, that of the host, and the generator of the bindings.
 *
 * A kernel has the name of a structure here without `_args`, takes that structure by value, and stands in the file that the
 * heading above it names. Blocks have BLOCK_THREADS threads in x, unless a comment says otherwise, and no dynamic shared memory.
 *
 * Images lie channels last (n h w c), as matrices of rows (n h w) by channels, without gaps. Weights of convolutions lie o h w i,
 * all else row-major. Addresses are those of the device; 0 stands for what is absent. Where all addresses are multiples of 16 and
 * channels multiples of 8, memory is read and written 16 bytes at a time; all other addresses and numbers work, only slower.
 * Counts are at least 1, except that no kernel minds a count of elements or rows of 0 (with a grid of one block).
 *
 * `type` is one of enum element_type: f32, bf16 or f16 where nothing else is said. Sums are f32 or wider and rounded once, ties to
 * even; NaN is kept. Results do not depend on the order in which blocks run: the same grid gives the same bits.
 *
 * Grids. Any number of blocks computes the same, for kernels of the first three kinds.
 *   ELEMENTS(n)   min(ceil(n / BLOCK_ELEMENTS), GRID_LIMIT) blocks, for n elements
 *   ROWS(n)       min(n, GRID_LIMIT) blocks, for n rows or other units
 *   CHUNKS        one block a chunk of the table (see `tensor_entry`)
 *   COLUMNS       x = ceil(channels / CHANNEL_TILE), y = splits; where partial sums are handed on, the kernel that adds them is
 *                 told the same splits. A good number is min(max(rows * channels / SPLIT_ELEMENTS / x, 1), SPLITS_LIMIT).
 */
#ifndef RESIDUAL_CUDA_KERNELS_H
#define RESIDUAL_CUDA_KERNELS_H

#ifdef __CUDACC_RTC__
typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
#else
#include <stdint.h>
#endif

enum kernel_sizes {
  BLOCK_THREADS = 256,
  BLOCK_ELEMENTS = 2048, /* 8 a thread */
  GRID_LIMIT = 16384,
  CHANNEL_TILE = 256,
  SPLIT_ELEMENTS = 32768,
  SPLITS_LIMIT = 512,
  CHUNK_ELEMENTS = 8192,
  TRANSPOSE_TILE = 32,
  TOP_K_LIMIT = 16,
  PRODUCT_TILE = 64,
  LOOPS = 6 /* of kernels that take the axes of a tensor one by one; those that it lacks have the extent 1 and come first */
};

enum element_type { TYPE_F32 = 0, TYPE_BF16 = 1, TYPE_F16 = 2, TYPE_S8 = 3, TYPE_U8 = 4, TYPE_I32 = 5 };

/* A window that slides over images; a dilation of 1 means that its elements are adjacent. */
typedef struct window_shape {
  int32_t images, height, width, channels;
  int32_t out_height, out_width, out_channels;
  int32_t kernel_height, kernel_width;
  int32_t stride_height, stride_width;
  int32_t pad_top, pad_left;
  int32_t dilation_height, dilation_width;
  int32_t groups; /* 1 for poolings, whose out_channels are the channels */
} window_shape;

/* ---- elementwise.cu ---- */

/* dst = max(src, 0). ELEMENTS(count). In place is allowed. */
typedef struct relu_args {
  uint64_t src, dst;
  int64_t count;
  int32_t type;
} relu_args;

/* diff_src = dst <= 0 ? 0 : diff_dst. ELEMENTS(count). diff_src may be diff_dst or dst. */
typedef struct relu_backward_args {
  uint64_t dst, diff_dst, diff_src;
  int64_t count;
  int32_t type;
} relu_backward_args;

/* dst = first + second. ELEMENTS(count). dst may be either. */
typedef struct add_args {
  uint64_t first, second, dst;
  int64_t count;
  int32_t type;
} add_args;

/* dst = src in another of the three floating types (or the same). ELEMENTS(count). */
typedef struct cast_args {
  uint64_t src, dst;
  int64_t count;
  int32_t src_type, dst_type;
} cast_args;

/* ---- quantize.cu ---- */

/* dst = src / scale to the nearest integer of S8 or U8, ties to even, kept within the range; NaN becomes 0. ELEMENTS(count). */
typedef struct quantize_args {
  uint64_t src, dst;
  int64_t count;
  double scale;
  int32_t src_type, dst_type;
} quantize_args;

/* dst = src * scale, from S8 or U8. ELEMENTS(count). */
typedef struct dequantize_args {
  uint64_t src, dst;
  int64_t count;
  double scale;
  int32_t src_type, dst_type;
} dequantize_args;

/* ---- dropout.cu ---- */

/*
 * dst = src * (kept ? scale : 0), mask = kept ? 1 : 0 a byte; what is kept follows *random (int64) and the row-major index n
 * c p of an element that lies n p c here: channels = 1 for what lies row-major anyway. Reads the state only: `advance`
 * follows. ELEMENTS(images * positions * channels).
 */
typedef struct dropout_args {
  uint64_t src, random, dst, mask;
  int64_t images, positions;
  double probability;
  float scale; /* 1 / (1 - probability) */
  int32_t channels, type;
} dropout_args;

/* diff_src = diff_dst * (mask * scale). ELEMENTS(count). */
typedef struct dropout_backward_args {
  uint64_t diff_dst, mask, diff_src;
  int64_t count;
  float scale;
  int32_t type;
} dropout_backward_args;

/* mask = kept ? 1 : 0, a byte a row, by *random and the index of the row. `advance` follows. ELEMENTS(rows). */
typedef struct keep_rows_args {
  uint64_t random, mask;
  int64_t rows;
  double probability;
} keep_rows_args;

/* dst = src * (mask of its row ? scale : 0). ELEMENTS(rows * row_elements). dst may be src. */
typedef struct scale_rows_args {
  uint64_t src, mask, dst;
  int64_t rows, row_elements;
  float scale;
  int32_t type;
} scale_rows_args;

/* *random += 1 (int64). One block of one thread. */
typedef struct advance_args {
  uint64_t random;
} advance_args;

/* ---- normalize.cu ---- */

/*
 * dst = (src / 255 - mean) / deviation, of bytes n c h w (src_row_major) or n h w c, to n h w dst_channels; channels from
 * `channels` on become 0. mean and deviation: f32, one a channel. ELEMENTS(images * positions * dst_channels).
 */
typedef struct normalize_args {
  uint64_t src, mean, deviation, dst;
  int64_t images, positions;
  int32_t channels, dst_channels, src_row_major, type;
} normalize_args;

/* ---- copy.cu ---- */

/*
 * Copies src_channels of each row and appends zeros up to dst_channels: dst[r * dst_stride + c] = c < src_channels ? src[r *
 * src_stride + c] : 0. So it pads, crops (src_channels = dst_channels below src_stride), and joins and cuts along channels
 * (addresses of the first channel). Strides in elements of element_bytes (1, 2, 4 or 8). ELEMENTS(rows * dst_channels).
 */
typedef struct copy_channels_args {
  uint64_t src, dst;
  int64_t rows, src_stride, dst_stride;
  int32_t src_channels, dst_channels, element_bytes;
} copy_channels_args;

/*
 * Transposes `images` matrices of rows by columns: n c h w to n h w c is channels by positions, and back positions by channels.
 * ROWS(images * ceil(rows / TRANSPOSE_TILE) * ceil(columns / TRANSPOSE_TILE)). element_bytes 1, 2, 4 or 8.
 */
typedef struct transpose_args {
  uint64_t src, dst;
  int64_t images, rows, columns;
  int32_t element_bytes;
} transpose_args;

/*
 * Every stride-th position of n h w channels, with `offset` zero channels before and others behind, to n out_height out_width
 * out_channels. ELEMENTS(elements of dst). element_bytes 2 or 4.
 */
typedef struct shortcut_args {
  uint64_t src, dst;
  int64_t images;
  int32_t height, width, channels, out_height, out_width, out_channels, offset, stride, element_bytes;
} shortcut_args;

/* Its gradient: src is that of the result, dst that of the input. ELEMENTS(elements of dst). */
typedef shortcut_args shortcut_backward_args;

/* ---- pooling.cu ---- */

/*
 * The largest element of each window; the first of equal ones, NaN before all, the last of several NaN; -infinity over padding
 * alone. workspace, or 0: the winner's place y * kernel_width + x, U8 or I32. ELEMENTS(elements of dst).
 */
typedef struct max_pool_args {
  uint64_t src, dst, workspace;
  window_shape window;
  int32_t type, workspace_type;
} max_pool_args;

/* Its gradient, each element written once. ELEMENTS(elements of diff_src). */
typedef struct max_pool_backward_args {
  uint64_t diff_dst, workspace, diff_src;
  window_shape window;
  int32_t type, workspace_type;
} max_pool_backward_args;

/* The mean of each window; padding counts as zeros (include_padding) or is left out. ELEMENTS(elements of dst). */
typedef struct average_pool_args {
  uint64_t src, dst;
  window_shape window;
  int32_t include_padding, type;
} average_pool_args;

/* Its gradient: src is that of the result, dst that of the input. ELEMENTS(elements of dst). */
typedef average_pool_args average_pool_backward_args;

/*
 * The mean of each of out_height by out_width parts of an image. Part i of n begins at floor(i * extent / n) and ends before
 * ceil((i + 1) * extent / n), so that parts may overlap. ELEMENTS(elements of dst).
 */
typedef struct adaptive_pool_args {
  uint64_t src, dst;
  int64_t images;
  int32_t height, width, channels, out_height, out_width, type;
} adaptive_pool_args;

/* Its gradient: src is that of the means, dst that of the input. ELEMENTS(elements of dst). */
typedef adaptive_pool_args adaptive_pool_backward_args;

/* ---- global_pooling.cu ---- */

/* The mean of each channel over positions, n p c to n c. ROWS(images * ceil(channels / CHANNEL_TILE)). */
typedef struct global_pool_args {
  uint64_t src, dst;
  int64_t images, positions;
  int32_t channels, type;
} global_pool_args;

/* Its gradient: src is that of the means, n c, dst that of the input. ELEMENTS(elements of dst). */
typedef global_pool_args global_pool_backward_args;

#include "functions.h"
#include "loss.h"
#include "updates.h"

/* ---- batch_norm.cu ---- */

/*
 * Means and sums of squared deviations of each channel, for each split: partial f32, splits * 2 * channels elements.
 * COLUMNS.
 */
typedef struct norm_statistics_args {
  uint64_t src, partial;
  int64_t rows;
  int32_t channels, type;
} norm_statistics_args;

/*
 * mean and (biased) variance of partial's, and what follows from them: running = (1 - momentum) * running + momentum * batch,
 * with the unbiased variance. inverse, running_mean and running_variance may be 0; inverse = 1 / sqrt(variance + epsilon).
 * All f32. ROWS(ceil(channels / 8)).
 */
typedef struct norm_statistics_total_args {
  uint64_t partial, mean, variance, inverse, running_mean, running_variance;
  int64_t rows;
  float epsilon, momentum;
  int32_t channels, splits;
} norm_statistics_total_args;

/* The same update of running statistics alone. ELEMENTS(channels). */
typedef struct running_statistics_args {
  uint64_t mean, variance, running_mean, running_variance;
  int64_t rows;
  float momentum;
  int32_t channels;
} running_statistics_args;

/*
 * dst = relu((src - mean) / sqrt(variance + epsilon) * scale + shift + add). mean, variance, scale, shift, add and mask may
 * be 0: then they count as 0, no division, 1, 0, 0. mask: a bit an element, bit i % 8 of byte i / 8, whether the ReLU let it
 * pass (NaN passes). dst may be src or add. COLUMNS, of any splits.
 */
typedef struct norm_apply_args {
  uint64_t src, add, dst, mask;
  uint64_t mean, variance, scale, shift; /* f32 */
  int64_t rows;
  float epsilon;
  int32_t channels, relu, type;
} norm_apply_args;

/* inverse = 1 / sqrt(variance + epsilon), f32. ELEMENTS(count). */
typedef struct inverse_deviation_args {
  uint64_t variance, inverse;
  int64_t count;
  float epsilon;
} inverse_deviation_args;

/* variance = max(1 / inverse^2 - epsilon, 0), f32. ELEMENTS(count). */
typedef struct variance_of_inverse_args {
  uint64_t inverse, variance;
  int64_t count;
  float epsilon;
} variance_of_inverse_args;

/* ---- batch_norm_backward.cu ---- */

/*
 * The sums over rows of g and of g * (src - mean), for each split: partial f32, splits * 2 * channels elements. g = diff_dst,
 * plus diff_dst_add (rounded to `type`) if it is not 0, and 0 where the mask's bit is 0. src and mean 0: the second sums are
 * 0, as for the gradient of a bias. diff_add, or 0: takes g, and may be diff_dst or diff_dst_add. COLUMNS.
 */
typedef struct gradient_sums_args {
  uint64_t src, diff_dst, diff_dst_add, mask, mean, partial, diff_add;
  int64_t rows;
  int32_t channels, type;
} gradient_sums_args;

/*
 * diff_shift = the first sums; diff_scale, or 0 = the second / sqrt(variance + epsilon). All f32; variance may be 0 without
 * diff_scale. ROWS(ceil(channels / 8)).
 */
typedef struct gradient_sums_total_args {
  uint64_t partial, variance, diff_shift, diff_scale;
  float epsilon;
  int32_t channels, splits;
} gradient_sums_total_args;

/*
 * diff_src = scale / sqrt(variance + epsilon) * (g - (diff_shift + normalised * diff_scale) / count), or, frozen, without what
 * is subtracted; src, mean, diff_scale and diff_shift are then not read. count: the rows of all processes. g as in gradient_sums; where that wrote diff_add,
 * give it as diff_dst, without diff_dst_add and mask. diff_src may be any of the images. COLUMNS, of any splits.
 */
typedef struct norm_backward_args {
  uint64_t src, diff_dst, diff_dst_add, mask, diff_src;
  uint64_t mean, variance, scale, diff_scale, diff_shift; /* f32 */
  int64_t rows, count;
  float epsilon;
  int32_t channels, frozen, type;
} norm_backward_args;

/*
 * ---- convolution.cu: plain loops, for what cuDNN refuses; linear layers are windows of 1x1 on images of 1x1 ----
 * dst_type is `type` or f32.
 */

/* dst = relu(conv(src, weights) + bias + add); bias (f32) and add (dst_type) may be 0. ELEMENTS(8 * elements of dst). */
typedef struct convolution_args {
  uint64_t src, weights, bias, add, dst;
  window_shape window;
  int32_t relu, type, dst_type; /* `type` of src and weights */
} convolution_args;

/* The gradient of src. ELEMENTS(8 * elements of diff_src). */
typedef struct convolution_backward_data_args {
  uint64_t diff_dst, weights, diff_src;
  window_shape window;
  int32_t type, dst_type; /* `type` of diff_dst and weights */
} convolution_backward_data_args;

/* The gradient of weights. ROWS(out_channels * kernel elements * ceil(channels / groups / 32)). */
typedef struct convolution_backward_weights_args {
  uint64_t src, diff_dst, diff_weights;
  window_shape window;
  int32_t type, dst_type; /* `type` of src and diff_dst */
} convolution_backward_weights_args;

/* ---- quantized_convolution.cu ---- */

/*
 * dst = relu(sum * src_scale * weights_scale[o] + bias[o] + add * add_scale) / dst_scale, rounded as by `quantize` if dst is
 * of integers; a floating add or dst has scale 1. weights S8 o h w i; src S8 or U8; bias and add may be 0. ELEMENTS(8 *
 * elements of dst).
 */
typedef struct quantized_convolution_args {
  uint64_t src, weights, weights_scale, bias, add, dst;
  window_shape window;
  double src_scale, add_scale, dst_scale;
  int32_t relu, src_type, add_type, dst_type;
} quantized_convolution_args;

#endif
