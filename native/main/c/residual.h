/*
 * The kernels of Residual: convolutions, their gradients, and what a training step does between them.
 *
 * Images are f32 or bf16 and lie channels last, as matrices of rows (n h w) by channels. A call reads its arguments from one
 * structure, whose pointers must stay valid until it returns, and runs on `threads` threads of the OpenMP runtime that
 * is already loaded. Results are the same, bit for bit, for the same number of threads. Denormals count as zero where a
 * kernel computes, not where it copies. A ReLU keeps NaN. Buffers begin at multiples of 64 bytes; sizes are at least 1, and the
 * kernels, strides, paddings and dilations of the windows of convolutions at most RESIDUAL_MOST_OF_WINDOW.
 */
#ifndef RESIDUAL_H
#define RESIDUAL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RESIDUAL_API __attribute__((visibility("default")))

#define RESIDUAL_VERSION_MAJOR 0
#define RESIDUAL_VERSION_MINOR 1
#define RESIDUAL_VERSION_PATCH 14

/* The version that was compiled: major * 10000 + minor * 100 + patch. */
RESIDUAL_API int residual_version(void);

/* The instructions in use: "avx512bf16", "avx512", "avx2" or "plain". */
RESIDUAL_API const char *residual_isa(void);

/* The number of bytes of scratch that the batch norm kernels need. */
RESIDUAL_API int64_t residual_batch_norm_scratch(int64_t channels, int32_t threads);

/* The number of bytes of the sums that a convolution leaves for a batch norm, on the same number of threads. */
RESIDUAL_API int64_t residual_sums_bytes(int64_t channels, int32_t threads);

/* The number of bytes of scratch that the sums of channels need. */
RESIDUAL_API int64_t residual_channel_sums_scratch(int64_t channels, int32_t threads);

struct residual_weight_gradient;

/* The number of bytes of scratch that a weight gradient needs, or -1 if there is no kernel for its shape here. */
RESIDUAL_API int64_t residual_weight_gradient_scratch(const struct residual_weight_gradient *arguments);

/* The same for the kernel by Winograd's minimal filtering. */
RESIDUAL_API int64_t residual_winograd_gradient_scratch(const struct residual_weight_gradient *arguments);

struct residual_convolution;

/* The number of bytes of scratch that a convolution needs, or -1 if there is no kernel for its shape here. */
RESIDUAL_API int64_t residual_convolution_scratch(const struct residual_convolution *arguments);

/* The same for the kernel by Winograd's minimal filtering: weights 3x3 and stride 1. */
RESIDUAL_API int64_t residual_winograd_scratch(const struct residual_convolution *arguments);

/* The same for the gradient of its source: images of in channels to images of out channels. */
RESIDUAL_API int64_t residual_strided_gradient_scratch(const struct residual_convolution *arguments);

#define RESIDUAL_MOST_OF_WINDOW 4096

/* The type of activations; what is kept for each channel is always f32. */
enum residual_dtype {
  RESIDUAL_F32 = 0,
  RESIDUAL_BF16 = 1
};

enum residual_kernel {
  RESIDUAL_BATCH_NORM = 0,
  RESIDUAL_BATCH_NORM_BACKWARD = 1,
  RESIDUAL_BATCH_NORM_INFERENCE = 2,
  RESIDUAL_SGD = 3,
  RESIDUAL_WEIGHT_GRADIENT = 4,
  RESIDUAL_CROSS_ENTROPY = 5,
  RESIDUAL_CROSS_ENTROPY_BACKWARD = 6,
  RESIDUAL_SHORTCUT = 7,
  RESIDUAL_SHORTCUT_BACKWARD = 8,
  RESIDUAL_NORMALIZE = 9,
  RESIDUAL_WINOGRAD = 10,          /* a convolution */
  RESIDUAL_WINOGRAD_WEIGHTS = 11,  /* convolution weights */
  RESIDUAL_WINOGRAD_GRADIENT = 12, /* a weight gradient */
  RESIDUAL_CONVOLUTION = 13,
  RESIDUAL_CONVOLUTION_WEIGHTS = 14,
  RESIDUAL_QUANTIZE = 15,
  RESIDUAL_DEQUANTIZE = 16,      /* quantize */
  RESIDUAL_STRIDED_GRADIENT = 17, /* a convolution, of which src is diff_dst and dst is diff_src */
  RESIDUAL_MAX_POOLING = 18,      /* a pooling */
  RESIDUAL_MAX_POOLING_BACKWARD = 19,
  RESIDUAL_AVERAGE_POOLING = 20,
  RESIDUAL_AVERAGE_POOLING_BACKWARD = 21,
  RESIDUAL_RELU = 22,
  RESIDUAL_RELU_BACKWARD = 23, /* a relu */
  RESIDUAL_TRANSPOSE = 24,
  RESIDUAL_ELTWISE = 25,
  RESIDUAL_BINARY = 26,
  RESIDUAL_LERP = 27,
  RESIDUAL_SQUARES = 28,
  RESIDUAL_ADAMW = 29,
  RESIDUAL_LARS = 30,
  RESIDUAL_MUON_DIRECTION = 31, /* a muon */
  RESIDUAL_MUON_POLYNOMIAL = 32,
  RESIDUAL_MUON = 33,
  RESIDUAL_ELTWISE_BACKWARD = 34, /* an eltwise */
  RESIDUAL_SCALE_ROWS = 35,
  RESIDUAL_CHANNEL_SUMS = 36
};

/* The functions of an eltwise. */
enum residual_function {
  RESIDUAL_CLIP = 0,         /* min(max(x, alpha), beta) */
  RESIDUAL_LEAKY_RELU = 1,   /* x, or alpha x where it is negative */
  RESIDUAL_SIGMOID = 2,      /* 1 / (1 + exp(-x)) */
  RESIDUAL_HARD_SIGMOID = 3, /* min(max(alpha x + beta, 0), 1) */
  RESIDUAL_HARD_SWISH = 4,   /* x min(max(alpha x + beta, 0), 1) */
  RESIDUAL_SWISH = 5,        /* x / (1 + exp(-x)) */
  RESIDUAL_GELU = 6,         /* x (1 + erf(x / sqrt(2))) / 2 */
  RESIDUAL_LINEAR = 7        /* alpha x + beta */
};

/* The functions of a binary. */
enum residual_pair_function {
  RESIDUAL_ADD = 0,
  RESIDUAL_SUB = 1,
  RESIDUAL_MUL = 2,
  RESIDUAL_DIV = 3,
  RESIDUAL_MAX = 4,
  RESIDUAL_MIN = 5
};

/*
 * Runs a kernel; `arguments` is the structure of its name. Answers 0, or 1 if there is no such kernel. Where a kernel's scratch
 * is -1, it does nothing.
 */
RESIDUAL_API int residual_run(int32_t kernel, const void *arguments);

/* dnnl_primitive_execute */
typedef int (*residual_primitive_execute)(void *primitive, void *stream, int count, const void *arguments);

/* Runs a primitive of oneDNN, counted as kernels are: see residual_await_at_exit. Answers the status of `execute`. */
RESIDUAL_API int residual_execute(
    residual_primitive_execute execute, void *primitive, void *stream, int count, const void *arguments);

/*
 * Lets exit() wait for kernels and primitives under way, at most two seconds, before it destroys what they use. To be called
 * when the process is about to exit.
 */
RESIDUAL_API void residual_await_at_exit(void);

/*
 * dst = relu((src - mean) / sqrt(variance + epsilon) * scale + shift + add), with the statistics of the batch.
 * dst may take the place of src or add.
 */
/* What is done of a batch norm: its parts, one after the other, do the whole. Between them statistics may be added to. */
enum residual_part {
  RESIDUAL_WHOLE = 0,
  RESIDUAL_STATISTICS = 1, /* writes totals; backward also diff_add */
  RESIDUAL_APPLICATION = 2 /* reads totals */
};

struct residual_batch_norm {
  const void *src;
  const double *sums; /* of src, as a convolution has left them; or null */
  const float *scale;
  const float *shift;
  float *running_mean;
  float *running_variance;
  const void *add; /* or null */
  void *dst;
  float *mean;
  float *variance;
  uint8_t *mask; /* bit i % 8 of byte i / 8: whether element i is positive, or NaN; or null */
  double *totals; /* of each channel the sum, then of each the sum of squares; or null for the whole */
  void *scratch;
  int64_t rows;
  int64_t count; /* of the rows that totals are of; the whole does not read it */
  int64_t channels;
  double epsilon;
  double momentum;
  int32_t relu;
  int32_t threads;
  int32_t dtype; /* of the images */
  int32_t part; /* enum residual_part */
};

/* The same with given statistics. */
struct residual_batch_norm_inference {
  const void *src;
  const float *scale;
  const float *shift;
  const float *mean;
  const float *variance;
  const void *add; /* or null */
  void *dst;
  void *scratch;
  int64_t rows;
  int64_t channels;
  double epsilon;
  int32_t relu;
  int32_t threads;
  int32_t dtype; /* of the images */
};

/*
 * The gradients. That of dst is diff_dst + diff_dst_add; with a mask, it first passes the ReLU that the mask describes,
 * and diff_add is what comes through. diff_add may take the place of a gradient that is read; so may diff_src, and that
 * of src too.
 */
struct residual_batch_norm_backward {
  const void *src;
  const void *diff_dst;
  const void *diff_dst_add; /* or null */
  const float *scale;
  const float *mean;
  const float *variance;
  const uint8_t *mask; /* or null */
  void *diff_src;
  float *diff_scale;
  float *diff_shift;
  void *diff_add; /* or null */
  double *totals; /* of each channel the sums of the gradient and of its product with src - mean; or null */
  void *scratch;
  int64_t rows;
  int64_t count; /* of the rows that totals are of; the whole does not read it */
  int64_t channels;
  double epsilon;
  int32_t frozen; /* whether mean and variance are constants */
  int32_t threads;
  int32_t dtype; /* of the images */
  int32_t part; /* enum residual_part */
};

#include "update_arguments.h"

/* The gradient of convolution weights, o i kh kw, without groups. */
struct residual_weight_gradient {
  const void *src;      /* images h w in */
  const void *diff_dst; /* images out_height out_width out */
  float *diff_weights;
  void *scratch;
  int64_t images;
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out_height;
  int64_t out_width;
  int64_t out;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_h;
  int32_t stride_w;
  int32_t pad_top;
  int32_t pad_left;
  int32_t dilation_h; /* 1 means adjacent */
  int32_t dilation_w;
  int32_t threads;
  int32_t dtype; /* of src and diff_dst */
};

/* sums = the sum of each channel over all rows: the gradient of a bias. */
struct residual_channel_sums {
  const void *src;
  float *sums;
  void *scratch;
  int64_t rows;
  int64_t channels;
  int32_t dtype; /* of src */
  int32_t threads;
};

/* dst = relu(conv(src, weights) + bias + add), without groups. dst may take the place of add. */
struct residual_convolution {
  const void *src;      /* images height width in */
  const float *weights; /* as residual_convolution_weights leaves them for the kernel */
  const float *bias;    /* or null */
  const void *add;      /* or null */
  void *dst;            /* images out_height out_width out */
  double *sums;         /* of dst, for a batch norm; or null; not by Winograd's kernel */
  void *scratch;
  int64_t images;
  int64_t height;
  int64_t width;
  int64_t in;
  int64_t out_height;
  int64_t out_width;
  int64_t out;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t stride_h;
  int32_t stride_w;
  int32_t pad_top;
  int32_t pad_left;
  int32_t dilation_h; /* 1 means adjacent */
  int32_t dilation_w;
  int32_t relu;
  int32_t threads;
  int32_t dtype; /* of src, add and dst */
  int32_t tile;  /* of Winograd's kernel: 4, with factors in f32, or 2, with factors in bf16 for images in bf16 */
};

/*
 * The weights of a convolution, as its kernel reads them: kernel_h * kernel_w * in * out elements of the images' type, of bf16
 * one more for each result and each of the stride_h * stride_w parts of a strided gradient whose number of them is odd; or
 * for Winograd's (tile + 2)^2 * in * out of f32, with tiles of 2 of bf16.
 */
struct residual_convolution_weights {
  const void *weights; /* out in kh kw; backward, in out kh kw of the convolution whose source's gradient is computed */
  float *dst;
  int64_t in;  /* of the convolution that reads them */
  int64_t out;
  int32_t kernel_h;
  int32_t kernel_w;
  int32_t backward;
  int32_t stride_h; /* backward, of a convolution with strides; else 1 */
  int32_t stride_w;
  int32_t threads;
  int32_t dtype; /* of weights */
  int32_t image_dtype;
  int32_t tile; /* of Winograd's kernel */
};

/*
 * loss = weight times the mean over rows of the sum of target * (log(sum(exp(logits))) - logits), where target is
 * (1 - smoothing) [label] + smoothing / classes, or (1 - smoothing) targets + smoothing / classes.
 */
struct residual_cross_entropy {
  const float *logits;
  const int32_t *labels;  /* a row whose label is no class makes the loss, and its gradient, NaN */
  const float *targets;   /* a number for each class of each row, in place of labels; or null */
  float *loss;            /* forward */
  const float *diff_loss; /* backward; null stands for 1 */
  float *diff_logits;     /* backward */
  int64_t rows;
  int64_t classes;
  double smoothing;
  double weight;
  int32_t threads;
};

/* dst = every stride-th position of src, behind `offset` channels of zeros; backward from dst's gradient to src's. */
struct residual_shortcut {
  void *src; /* images height width channels */
  void *dst; /* images out_height out_width out_channels */
  int64_t images;
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t out_height;
  int64_t out_width;
  int64_t out_channels;
  int64_t offset;
  int32_t stride;
  int32_t dtype;
  int32_t threads;
};

/*
 * dst = the largest element, or the mean, of each window of src; backward from dst's gradient to src's. NaN is the largest of
 * all; of padding alone, the largest is -infinity and the mean 0. Of any window: only its elements are visited.
 */
struct residual_pooling {
  void *src;       /* images height width channels */
  void *dst;       /* images out_height out_width channels */
  void *workspace; /* of max pooling: where in its window, y * kernel_w + x, each element of dst was; or null */
  int64_t images;
  int64_t height;
  int64_t width;
  int64_t channels;
  int64_t out_height;
  int64_t out_width;
  int64_t kernel_h;
  int64_t kernel_w;
  int64_t stride_h;
  int64_t stride_w;
  int64_t pad_top;
  int64_t pad_left;
  int64_t dilation_h; /* 1 means adjacent */
  int64_t dilation_w;
  int32_t workspace_bytes; /* of an element: 1 or 4 */
  int32_t include_padding; /* whether padding counts as zeros in means */
  int32_t dtype;
  int32_t threads;
};

/* dst = src, or 0 where it is negative; backward dst = diff_dst, or 0 where src, what the forward pass gave, is 0 or negative. */
struct residual_relu {
  const void *src;
  const void *diff_dst; /* backward */
  void *dst;            /* may take the place of src or diff_dst */
  int64_t elements;
  int32_t dtype;
  int32_t threads;
};

/* dst = f(src), element by element; backward dst = f'(src) diff_dst. */
struct residual_eltwise {
  const void *src;
  const void *diff_dst; /* backward */
  void *dst;            /* may take the place of src or diff_dst */
  int64_t elements;
  float alpha;
  float beta;
  int32_t function;
  int32_t dtype;
  int32_t threads;
};

/*
 * dst = f(src0, src1), element by element, as four loops, the innermost last. Strides are those of elements, 0 where an
 * operand is broadcast; the innermost one of dst is 1.
 */
struct residual_binary {
  const void *src0;
  const void *src1;
  void *dst; /* may take the place of an operand of its shape */
  int64_t extents[4];
  int64_t strides0[4];
  int64_t strides1[4];
  int64_t dst_strides[4];
  int32_t function;
  int32_t dtype;
  int32_t threads;
};

/* dst = src times the factor of its row, which is `scale` where the mask is not 0, else 0. */
struct residual_scale_rows {
  const void *src;
  const uint8_t *mask; /* one a row */
  void *dst;           /* may take the place of src */
  int64_t rows;
  int64_t elements; /* of a row */
  float scale;
  int32_t dtype;
  int32_t threads;
};

/*
 * Each matrix of rows by columns turned over: element r, c of the source becomes element c, r. Several lie behind each other
 * without gaps; one alone may be a part of larger ones.
 */
struct residual_transpose {
  const void *src;
  void *dst;
  int64_t matrices;
  int64_t rows;
  int64_t columns;
  int64_t src_stride; /* elements from a row of the source to the next; columns, of whole matrices */
  int64_t dst_stride; /* the same of the result; rows, of whole matrices */
  int32_t bytes;      /* of an element: 1, 2 or 4 */
  int32_t threads;
};

/* dst = (src / 255 - mean) / deviation, by channel. */
struct residual_normalize {
  const uint8_t *src;
  void *dst;
  const float *mean;
  const float *deviation;
  int64_t rows;
  int64_t channels;
  int32_t dtype; /* of dst */
  int32_t threads;
};

/* dst = round(src * factor), to the nearest, of two the even one, within the integers' range, NaN to 0; or back, src * factor. */
struct residual_quantize {
  const void *src;
  void *dst;
  int64_t elements;
  float factor;
  int32_t is_signed; /* whether integers are s8; else u8 */
  int32_t dtype;     /* of the floats */
  int32_t threads;
};

#ifdef __cplusplus
}
#endif

#endif
