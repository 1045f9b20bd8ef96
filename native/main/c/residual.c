/* The functions of residual.h, with the widest instructions there are; batch norms take those that fit the channels. */
#include "residual.h"

#include <stdlib.h>
#include <string.h>

#include "kernels.h"

static int supported(const kernel_table *table) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (table == &kernels_avx2) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }
  if (table == &kernels_avx512) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  }
  if (table == &kernels_avx512bf16) {
    return __builtin_cpu_supports("avx512bf16");
  }
#endif
  return table == &kernels_plain;
}

/* The widest instructions that processor and operating system have; RESIDUAL_ISA in the environment narrows them. */
static const kernel_table *widest(void) {
  static const kernel_table *chosen;
  if (!chosen) {
    const kernel_table *table = &kernels_plain;
#if defined(__x86_64__)
    const kernel_table *wider[] = {&kernels_avx2, &kernels_avx512, &kernels_avx512bf16};
    const char *limit = getenv("RESIDUAL_ISA");
    for (int i = 0; i < 3 && !(limit && strcmp(limit, table->isa) == 0) && supported(wider[i]); i++) {
      table = wider[i];
    }
#endif
    chosen = table;
  }
  return chosen;
}

static const kernel_table *for_channels(int64_t channels) {
  const kernel_table *table = widest();
#if defined(__x86_64__)
  if (channels % table->width != 0 && table->width > kernels_avx2.width) {
    table = &kernels_avx2;
  }
#endif
  return channels % table->width == 0 ? table : &kernels_plain;
}

int residual_version(void) {
  return RESIDUAL_VERSION_MAJOR * 10000 + RESIDUAL_VERSION_MINOR * 100 + RESIDUAL_VERSION_PATCH;
}

const char *residual_isa(void) { return widest()->isa; }

int64_t residual_batch_norm_scratch(int64_t channels, int32_t threads) {
  int64_t joined = channels > JOINED_CHANNELS ? channels : JOINED_CHANNELS; /* at most: see join_rows */
  return shared_bytes(joined) + threads * own_bytes(joined);
}

int64_t residual_sums_bytes(int64_t channels, int32_t threads) {
  return threads * sums_apart(channels) * (int64_t)sizeof(double);
}

int64_t residual_channel_sums_scratch(int64_t channels, int32_t threads) {
  return threads * channel_sums_apart(channels) * (int64_t)sizeof(double);
}

int64_t residual_weight_gradient_scratch(const struct residual_weight_gradient *arguments) {
  return widest()->weight_gradient_scratch(arguments);
}

int64_t residual_convolution_scratch(const struct residual_convolution *arguments) {
  return widest()->convolution_scratch(arguments);
}

int64_t residual_strided_gradient_scratch(const struct residual_convolution *arguments) {
  return widest()->strided_gradient_scratch(arguments);
}

int64_t residual_winograd_scratch(const struct residual_convolution *arguments) {
  return widest()->winograd_scratch(arguments);
}

int64_t residual_winograd_gradient_scratch(const struct residual_weight_gradient *arguments) {
  return widest()->winograd_gradient_scratch(arguments);
}

int residual_run_kernel(int32_t kernel, const void *arguments) {
  switch (kernel) {
    case RESIDUAL_BATCH_NORM: {
      const struct residual_batch_norm *o = arguments;
      for_channels(o->channels)->batch_norm(o);
      return 0;
    }
    case RESIDUAL_BATCH_NORM_BACKWARD: {
      const struct residual_batch_norm_backward *o = arguments;
      for_channels(o->channels)->batch_norm_backward(o);
      return 0;
    }
    case RESIDUAL_BATCH_NORM_INFERENCE: {
      const struct residual_batch_norm_inference *o = arguments;
      for_channels(o->channels)->batch_norm_inference(o);
      return 0;
    }
    case RESIDUAL_SGD:
      widest()->sgd(arguments);
      return 0;
    case RESIDUAL_WEIGHT_GRADIENT:
      widest()->weight_gradient(arguments);
      return 0;
    case RESIDUAL_CROSS_ENTROPY:
      widest()->cross_entropy(arguments);
      return 0;
    case RESIDUAL_CROSS_ENTROPY_BACKWARD:
      widest()->cross_entropy_backward(arguments);
      return 0;
    case RESIDUAL_SHORTCUT:
      widest()->shortcut(arguments);
      return 0;
    case RESIDUAL_SHORTCUT_BACKWARD:
      widest()->shortcut_backward(arguments);
      return 0;
    case RESIDUAL_NORMALIZE:
      widest()->normalize(arguments);
      return 0;
    case RESIDUAL_QUANTIZE:
      widest()->quantize(arguments);
      return 0;
    case RESIDUAL_DEQUANTIZE:
      widest()->dequantize(arguments);
      return 0;
    case RESIDUAL_WINOGRAD:
      widest()->winograd(arguments);
      return 0;
    case RESIDUAL_WINOGRAD_WEIGHTS:
      widest()->winograd_weights(arguments);
      return 0;
    case RESIDUAL_WINOGRAD_GRADIENT:
      widest()->winograd_gradient(arguments);
      return 0;
    case RESIDUAL_CONVOLUTION:
      widest()->convolution(arguments);
      return 0;
    case RESIDUAL_STRIDED_GRADIENT:
      widest()->strided_gradient(arguments);
      return 0;
    case RESIDUAL_CONVOLUTION_WEIGHTS:
      widest()->convolution_weights(arguments);
      return 0;
    case RESIDUAL_MAX_POOLING:
      widest()->max_pooling(arguments);
      return 0;
    case RESIDUAL_MAX_POOLING_BACKWARD:
      widest()->max_pooling_backward(arguments);
      return 0;
    case RESIDUAL_AVERAGE_POOLING:
      widest()->average_pooling(arguments);
      return 0;
    case RESIDUAL_AVERAGE_POOLING_BACKWARD:
      widest()->average_pooling_backward(arguments);
      return 0;
    case RESIDUAL_RELU:
      widest()->relu(arguments);
      return 0;
    case RESIDUAL_RELU_BACKWARD:
      widest()->relu_backward(arguments);
      return 0;
    case RESIDUAL_TRANSPOSE:
      widest()->transpose(arguments);
      return 0;
    case RESIDUAL_ELTWISE:
      widest()->eltwise(arguments);
      return 0;
    case RESIDUAL_BINARY:
      widest()->binary(arguments);
      return 0;
    case RESIDUAL_LERP:
      widest()->lerp(arguments);
      return 0;
    case RESIDUAL_SQUARES:
      widest()->squares(arguments);
      return 0;
    case RESIDUAL_ADAMW:
      widest()->adamw(arguments);
      return 0;
    case RESIDUAL_LARS:
      widest()->lars(arguments);
      return 0;
    case RESIDUAL_MUON_DIRECTION:
      widest()->muon_direction(arguments);
      return 0;
    case RESIDUAL_MUON_POLYNOMIAL:
      widest()->muon_polynomial(arguments);
      return 0;
    case RESIDUAL_MUON:
      widest()->muon(arguments);
      return 0;
    case RESIDUAL_ELTWISE_BACKWARD:
      widest()->eltwise_backward(arguments);
      return 0;
    case RESIDUAL_SCALE_ROWS:
      widest()->scale_rows(arguments);
      return 0;
    case RESIDUAL_CHANNEL_SUMS:
      widest()->channel_sums(arguments);
      return 0;
    default:
      return 1;
  }
}
