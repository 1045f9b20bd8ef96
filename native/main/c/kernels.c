/* All kernels for one set of instructions: compiled with -DISA=avx512bf16, -DISA=avx512, -DISA=avx2 and -DISA=plain. */
#include "adamw.h"
#include "batch_norm.h"
#include "batch_norm_backward.h"
#include "channel_sums.h"
#include "convolution.h"
#include "cross_entropy.h"
#include "eltwise.h"
#include "lars.h"
#include "lerp.h"
#include "muon.h"
#include "normalize.h"
#include "pooling.h"
#include "quantize.h"
#include "relu.h"
#include "sgd.h"
#include "shortcut.h"
#include "strided_gradient.h"
#include "transpose.h"
#include "weight_gradient.h"
#include "winograd.h"
#include "winograd_gradient.h"

#define TEXT(x) #x
#define NAME_TEXT(x) TEXT(x)
#define JOIN(a, b) a##b
#define TABLE(isa) JOIN(kernels_, isa)

const kernel_table TABLE(ISA) = {
    NAME_TEXT(ISA),
    WIDTH,
    batch_norm,
    batch_norm_inference,
    batch_norm_backward,
    sgd,
    weight_gradient,
    weight_gradient_scratch,
    cross_entropy,
    cross_entropy_backward,
    shortcut,
    shortcut_backward,
    normalize,
    quantize,
    dequantize,
    winograd,
    winograd_weights,
    winograd_scratch,
    convolution,
    convolution_weights,
    convolution_scratch,
    strided_gradient,
    strided_gradient_scratch,
    winograd_gradient,
    winograd_gradient_scratch,
    max_pooling,
    max_pooling_backward,
    average_pooling,
    average_pooling_backward,
    relu_forward,
    relu_backward,
    transpose_matrices,
    eltwise,
    binary,
    lerp,
    squares,
    adamw,
    lars,
    muon_direction,
    muon_polynomial,
    muon,
    eltwise_backward,
    scale_rows,
    channel_sums,
};
