package dev.residual.bindings;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_batch_norm;
import dev.residual.bindings.kernels.residual_batch_norm_backward;
import dev.residual.bindings.kernels.residual_batch_norm_inference;
import dev.residual.bindings.kernels.residual_convolution;
import dev.residual.bindings.kernels.residual_convolution_weights;
import dev.residual.bindings.kernels.residual_cross_entropy;
import dev.residual.bindings.kernels.residual_normalize;
import dev.residual.bindings.kernels.residual_quantize;
import dev.residual.bindings.kernels.residual_sgd;
import dev.residual.bindings.kernels.residual_shortcut;
import dev.residual.bindings.kernels.residual_weight_gradient;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Calls of all of Residual's own kernels, with odd and small sizes. */
final class KernelCases {

  /** How the names of calls end whose images are bf16. */
  static final String BF16 = ", bf16";

  /** Results in a row of the tiles that Winograd's kernel knows. */
  private static final int[] WINOGRAD_TILES = {4, 2};

  private final List<KernelCase> cases = new ArrayList<>();

  private KernelCases() {}

  static List<KernelCase> all() {
    KernelCases table = new KernelCases();
    // Channels that fill vectors of 16 or 8 floats or neither; rows that join or do not; one flush.
    int[][] matrices = {
      {1, 1}, {3, 5}, {7, 16}, {8, 16}, {5, 24}, {9, 64}, {13, 8}, {2, 144}, {1031, 16}, {515, 3}
    };
    for (int[] matrix : matrices) {
      for (int threads = 1; threads <= 3; threads++) {
        for (boolean fused : new boolean[] {false, true}) {
          for (int dtype : new int[] {Residual.RESIDUAL_F32(), Residual.RESIDUAL_BF16()}) {
            table.batchNorm(matrix[0], matrix[1], threads, fused, dtype);
            table.batchNormInference(matrix[0], matrix[1], threads, fused, dtype);
            table.batchNormBackward(matrix[0], matrix[1], threads, fused, dtype);
          }
        }
      }
    }
    for (int elements : new int[] {1, 3, 15, 17, 1037, 20011}) {
      table.sgd(elements, true);
      table.sgd(elements, false);
    }
    for (int kernel = 1; kernel <= 3; kernel += 2) {
      for (int stride = 1; stride <= 2; stride++) {
        int[][] channels = {
          {64, 64}, {128, 32}, {16, 16}, {32, 32}, {48, 48}, {80, 16}, {64, 4}, {3, 7}
        };
        for (int[] each : channels) {
          table.weightGradient(each[0], each[1], kernel, stride, Residual.RESIDUAL_F32());
          table.weightGradient(each[0], each[1], kernel, stride, Residual.RESIDUAL_BF16());
        }
      }
    }
    for (int[] each :
        new int[][] {{16, 16}, {64, 32}, {32, 64}, {48, 16}, {8, 24}, {4, 16}, {3, 32}}) {
      for (int kernel = 1; kernel <= 3; kernel += 2) {
        for (int dtype : new int[] {Residual.RESIDUAL_F32(), Residual.RESIDUAL_BF16()}) {
          for (int stride = 1; stride <= 2; stride++) {
            // Threads share channels or products, or positions.
            table.convolution(1, each[0], each[1], kernel, stride, dtype, false);
            table.convolution(61, each[0], each[1], kernel, stride, dtype, true);
          }
          table.convolutionWeights(each[0], each[1], kernel, dtype, 0, 1);
          for (int stride = 1; stride <= 3; stride++) {
            table.convolutionWeights(each[0], each[1], kernel, dtype, 1, stride);
          }
          // Threads share channels, or positions.
          table.stridedGradient(1, each[0], each[1], kernel, 2, dtype);
          table.stridedGradient(31, each[0], each[1], kernel, 2, dtype);
          table.stridedGradient(31, each[0], each[1], kernel, 3, dtype);
        }
      }
    }
    for (int[] each : new int[][] {{3, 64}, {3, 48}, {1, 16}, {2, 32}}) {
      for (int stride = 1; stride <= 2; stride++) {
        table.weightGradient(each[0], each[1], 7, stride, Residual.RESIDUAL_F32());
        table.weightGradient(each[0], each[1], 7, stride, Residual.RESIDUAL_BF16());
      }
    }
    for (int channels : new int[] {1, 5, 16, 24, 64, 130}) {
      for (int dtype : new int[] {Residual.RESIDUAL_F32(), Residual.RESIDUAL_BF16()}) {
        table.shortcuts(channels, dtype);
      }
    }
    for (int channels : new int[] {1, 3, 4, 17, 600}) {
      for (int rows : new int[] {1, 7, 11000 / channels}) {
        table.normalize(rows, channels, Residual.RESIDUAL_F32());
        table.normalize(rows, channels, Residual.RESIDUAL_BF16());
      }
    }
    for (int elements : new int[] {1, 31, 64, 131, 70001}) {
      for (int dtype : new int[] {Residual.RESIDUAL_F32(), Residual.RESIDUAL_BF16()}) {
        table.quantize(elements, dtype, 0);
        table.quantize(elements, dtype, 1);
      }
    }
    for (int classes : new int[] {1, 3, 10, 1000}) {
      table.crossEntropy(1, classes);
      table.crossEntropy(7, classes);
    }
    return table.cases;
  }

  private KernelCase add(String name, int kernel, java.lang.foreign.GroupLayout layout) {
    KernelCase added = new KernelCase(name, kernel, layout);
    cases.add(added);
    return added;
  }

  private static String name(
      String kind, int rows, int channels, int threads, boolean fused, int dtype) {
    return "%s %dx%d, %d threads%s%s"
        .formatted(kind, rows, channels, threads, fused ? ", fused" : "", suffix(dtype));
  }

  private static String suffix(int dtype) {
    return dtype == Residual.RESIDUAL_BF16() ? BF16 : "";
  }

  private void batchNorm(int rows, int channels, int threads, boolean fused, int dtype) {
    long elements = (long) rows * channels;
    KernelCase norm =
        add(
                name("batch norm", rows, channels, threads, fused, dtype),
                Residual.RESIDUAL_BATCH_NORM(),
                residual_batch_norm.layout())
            .elements("src", dtype, elements)
            .floats("scale", channels)
            .floats("shift", channels)
            .floats("running_mean", channels)
            .positive("running_variance", channels)
            .elements("dst", dtype, elements)
            .floats("mean", channels)
            .floats("variance", channels)
            .number("rows", rows)
            .number("channels", channels)
            .number("epsilon", 1e-5)
            .number("momentum", 0.1)
            .number("relu", fused ? 1 : 0)
            .number("dtype", dtype)
            .number("threads", threads)
            .scratch(structure -> Residual.residual_batch_norm_scratch(channels, threads));
    if (fused) {
      norm.elements("add", dtype, elements).bytes("mask", (elements + 7) / 8);
    }
    if (fused && threads == 3) {
      norm.zeros("sums", Residual.residual_sums_bytes(channels, threads) / 4);
    }
  }

  private void batchNormInference(int rows, int channels, int threads, boolean fused, int dtype) {
    long elements = (long) rows * channels;
    KernelCase norm =
        add(
                name("batch norm inference", rows, channels, threads, fused, dtype),
                Residual.RESIDUAL_BATCH_NORM_INFERENCE(),
                residual_batch_norm_inference.layout())
            .elements("src", dtype, elements)
            .floats("scale", channels)
            .floats("shift", channels)
            .floats("mean", channels)
            .positive("variance", channels)
            .elements("dst", dtype, elements)
            .number("rows", rows)
            .number("channels", channels)
            .number("epsilon", 1e-5)
            .number("relu", fused ? 1 : 0)
            .number("dtype", dtype)
            .number("threads", threads)
            .scratch(structure -> Residual.residual_batch_norm_scratch(channels, threads));
    if (fused) {
      norm.elements("add", dtype, elements);
    }
  }

  private void batchNormBackward(int rows, int channels, int threads, boolean fused, int dtype) {
    long elements = (long) rows * channels;
    KernelCase norm =
        add(
                name("batch norm backward", rows, channels, threads, fused, dtype),
                Residual.RESIDUAL_BATCH_NORM_BACKWARD(),
                residual_batch_norm_backward.layout())
            .elements("src", dtype, elements)
            .elements("diff_dst", dtype, elements)
            .floats("scale", channels)
            .floats("mean", channels)
            .positive("variance", channels)
            .elements("diff_src", dtype, elements)
            .floats("diff_scale", channels)
            .floats("diff_shift", channels)
            .number("rows", rows)
            .number("channels", channels)
            .number("epsilon", 1e-5)
            .number("dtype", dtype)
            .number("threads", threads)
            .scratch(structure -> Residual.residual_batch_norm_scratch(channels, threads));
    if (fused) {
      norm.elements("diff_dst_add", dtype, elements)
          .elements("diff_add", dtype, elements)
          .bytes("mask", (elements + 7) / 8);
    }
  }

  private void sgd(int elements, boolean momentum) {
    KernelCase sgd =
        add(
                "sgd " + elements + (momentum ? ", momentum" : ""),
                Residual.RESIDUAL_SGD(),
                residual_sgd.layout())
            .floats("parameter", elements)
            .floats("gradient", elements)
            .positive("rate", 1)
            .number("elements", elements)
            .number("momentum", momentum ? 0.9 : 0)
            .number("decay", 0.01)
            .number("threads", 2);
    if (momentum) {
      sgd.floats("velocity", elements);
    }
  }

  private void weightGradient(int in, int out, int kernel, int stride, int dtype) {
    int images = 3;
    int height = 7;
    int width = 9;
    int pad = kernel / 2;
    int outHeight = (height + 2 * pad - kernel) / stride + 1;
    int outWidth = (width + 2 * pad - kernel) / stride + 1;
    String name =
        "%d to %d, %dx%d, stride %d%s".formatted(in, out, kernel, kernel, stride, suffix(dtype));
    KernelCase direct =
        add(
                "weight gradient " + name,
                Residual.RESIDUAL_WEIGHT_GRADIENT(),
                residual_weight_gradient.layout())
            .scratch(Residual::residual_weight_gradient_scratch);
    KernelCase winograd =
        add(
                "winograd gradient " + name,
                Residual.RESIDUAL_WINOGRAD_GRADIENT(),
                residual_weight_gradient.layout())
            .scratch(Residual::residual_winograd_gradient_scratch);
    for (KernelCase gradient : List.of(direct, winograd)) {
      gradient
          .elements("src", dtype, (long) images * height * width * in)
          .elements("diff_dst", dtype, (long) images * outHeight * outWidth * out)
          .floats("diff_weights", (long) out * in * kernel * kernel)
          .number("images", images)
          .number("height", height)
          .number("width", width)
          .number("in", in)
          .number("out_height", outHeight)
          .number("out_width", outWidth)
          .number("out", out)
          .number("kernel_h", kernel)
          .number("kernel_w", kernel)
          .number("stride_h", stride)
          .number("stride_w", stride)
          .number("pad_top", pad)
          .number("pad_left", pad)
          .number("dilation_h", 1)
          .number("dilation_w", 1)
          .number("dtype", dtype)
          .number("threads", 2);
    }
  }

  private void convolution(
      int images, int in, int out, int kernel, int stride, int dtype, boolean fused) {
    int height = 7;
    int width = 9;
    int pad = kernel / 2;
    int outHeight = (height + 2 * pad - kernel) / stride + 1;
    int outWidth = (width + 2 * pad - kernel) / stride + 1;
    String name =
        "%dx%d to %d, %dx%d, stride %d%s%s"
            .formatted(
                images, in, out, kernel, kernel, stride, fused ? ", fused" : "", suffix(dtype));
    KernelCase direct =
        add("convolution " + name, Residual.RESIDUAL_CONVOLUTION(), residual_convolution.layout())
            .elements("weights", dtype, directElements(in, kernel, dtype) * out)
            .scratch(Residual::residual_convolution_scratch);
    if (fused) {
      direct.floats("shift", out).workspace("sums", Residual.residual_sums_bytes(out, 2));
    }
    List<KernelCase> convolutions = new ArrayList<>(List.of(direct));
    for (int tile : WINOGRAD_TILES) {
      convolutions.add(
          add(
                  tile + "x" + tile + " winograd " + name,
                  Residual.RESIDUAL_WINOGRAD(),
                  residual_convolution.layout())
              .elements("weights", winogradDtype(tile), (tile + 2L) * (tile + 2) * in * out)
              .number("tile", tile)
              .scratch(Residual::residual_winograd_scratch));
    }
    for (KernelCase convolution : convolutions) {
      convolution
          .elements("src", dtype, (long) images * height * width * in)
          .elements("dst", dtype, (long) images * outHeight * outWidth * out)
          .number("images", images)
          .number("height", height)
          .number("width", width)
          .number("in", in)
          .number("out_height", outHeight)
          .number("out_width", outWidth)
          .number("out", out)
          .number("kernel_h", kernel)
          .number("kernel_w", kernel)
          .number("stride_h", stride)
          .number("stride_w", stride)
          .number("pad_top", pad)
          .number("pad_left", pad)
          .number("dilation_h", 1)
          .number("dilation_w", 1)
          .number("relu", fused ? 1 : 0)
          .number("dtype", dtype)
          .number("threads", 2);
      if (fused) {
        convolution
            .floats("bias", out)
            .elements("add", dtype, (long) images * outHeight * outWidth * out);
      }
    }
  }

  /** The type of transformed weights. */
  private static int winogradDtype(int tile) {
    return tile == 2 ? Residual.RESIDUAL_BF16() : Residual.RESIDUAL_F32();
  }

  /** The packed weights of a window for one result. */
  private static long directElements(int in, int kernel, int dtype) {
    long depth = (long) kernel * kernel * in;
    return dtype == Residual.RESIDUAL_BF16() ? (depth + 1) / 2 * 2 : depth;
  }

  /** The packed weights of all parts of a strided gradient for one result. */
  private static long stridedElements(int in, int kernel, int stride, int dtype) {
    long elements = 0;
    for (int part = 0; part < stride * stride; part++) {
      int rows = (kernel + stride - 1 - part / stride) / stride;
      int columns = (kernel + stride - 1 - part % stride) / stride;
      long depth = (long) rows * columns * in;
      elements += dtype == Residual.RESIDUAL_BF16() ? (depth + 1) / 2 * 2 : depth;
    }
    return elements;
  }

  private void stridedGradient(int images, int in, int out, int kernel, int stride, int dtype) {
    int pad = kernel / 2;
    int height = 4;
    int width = 3;
    int outHeight = (height - 1) * stride + kernel - 2 * pad + 1;
    int outWidth = (width - 1) * stride + kernel - 2 * pad;
    String name =
        "strided gradient %dx%dx%d, %d to %d, %dx%d, stride %d%s"
            .formatted(images, outHeight, outWidth, in, out, kernel, kernel, stride, suffix(dtype));
    add(name, Residual.RESIDUAL_STRIDED_GRADIENT(), residual_convolution.layout())
        .elements("weights", dtype, stridedElements(in, kernel, stride, dtype) * out)
        .elements("src", dtype, (long) images * height * width * in)
        .elements("dst", dtype, (long) images * outHeight * outWidth * out)
        .number("images", images)
        .number("height", height)
        .number("width", width)
        .number("in", in)
        .number("out_height", outHeight)
        .number("out_width", outWidth)
        .number("out", out)
        .number("kernel_h", kernel)
        .number("kernel_w", kernel)
        .number("stride_h", stride)
        .number("stride_w", stride)
        .number("pad_top", pad)
        .number("pad_left", pad)
        .number("dilation_h", 1)
        .number("dilation_w", 1)
        .number("dtype", dtype)
        .number("threads", 2)
        .scratch(Residual::residual_strided_gradient_scratch);
  }

  private void convolutionWeights(
      int in, int out, int kernel, int dtype, int backward, int stride) {
    String name =
        "weights %d to %d, %dx%d%s%s%s"
            .formatted(
                in,
                out,
                kernel,
                kernel,
                backward > 0 ? ", backward" : "",
                stride > 1 ? ", stride " + stride : "",
                suffix(dtype));
    KernelCase direct =
        add(
                "convolution " + name,
                Residual.RESIDUAL_CONVOLUTION_WEIGHTS(),
                residual_convolution_weights.layout())
            .elements("dst", dtype, stridedElements(in, kernel, stride, dtype) * out)
            .scratch(
                it ->
                    Residual.residual_convolution_scratch(readerOf(in, out, kernel, dtype, 0)) < 0
                        ? -1
                        : 0);
    List<KernelCase> all = new ArrayList<>(List.of(direct));
    for (int tile : stride == 1 ? WINOGRAD_TILES : new int[0]) {
      all.add(
          add(
                  tile + "x" + tile + " winograd " + name,
                  Residual.RESIDUAL_WINOGRAD_WEIGHTS(),
                  residual_convolution_weights.layout())
              .elements("dst", winogradDtype(tile), (tile + 2L) * (tile + 2) * in * out)
              .number("tile", tile)
              .scratch(
                  it ->
                      Residual.residual_winograd_scratch(readerOf(in, out, kernel, dtype, tile)) < 0
                          ? -1
                          : 0));
    }
    for (KernelCase weights : all) {
      weights
          .floats("weights", (long) kernel * kernel * in * out)
          .number("in", in)
          .number("out", out)
          .number("kernel_h", kernel)
          .number("kernel_w", kernel)
          .number("backward", backward)
          .number("stride_h", stride)
          .number("stride_w", stride)
          .number("image_dtype", dtype)
          .number("threads", 2);
    }
  }

  /** A convolution that reads such weights. */
  private static MemorySegment readerOf(int in, int out, int kernel, int dtype, int tile) {
    MemorySegment structure = residual_convolution.allocate(Arena.global());
    residual_convolution.in(structure, in);
    residual_convolution.out(structure, out);
    residual_convolution.images(structure, 1);
    residual_convolution.out_height(structure, 1);
    residual_convolution.out_width(structure, 1);
    residual_convolution.kernel_h(structure, kernel);
    residual_convolution.kernel_w(structure, kernel);
    residual_convolution.stride_h(structure, 1);
    residual_convolution.stride_w(structure, 1);
    residual_convolution.dilation_h(structure, 1);
    residual_convolution.dilation_w(structure, 1);
    residual_convolution.dtype(structure, dtype);
    residual_convolution.tile(structure, tile);
    residual_convolution.threads(structure, 1);
    return structure;
  }

  private void shortcuts(int channels, int dtype) {
    String name = channels + " to " + (2 * channels + 3) + " channels" + suffix(dtype);
    for (KernelCase shortcut :
        List.of(
            add("shortcut " + name, Residual.RESIDUAL_SHORTCUT(), residual_shortcut.layout()),
            add(
                "shortcut backward " + name,
                Residual.RESIDUAL_SHORTCUT_BACKWARD(),
                residual_shortcut.layout()))) {
      shortcut
          .elements("src", dtype, 2L * 7 * 9 * channels)
          .elements("dst", dtype, 2L * 4 * 5 * (2 * channels + 3))
          .number("images", 2)
          .number("height", 7)
          .number("width", 9)
          .number("channels", channels)
          .number("out_height", 4)
          .number("out_width", 5)
          .number("out_channels", 2 * channels + 3)
          .number("offset", (channels + 3) / 2)
          .number("stride", 2)
          .number("dtype", dtype)
          .number("threads", 2);
    }
  }

  private void normalize(int rows, int channels, int dtype) {
    add(
            "normalize %dx%d%s".formatted(rows, channels, suffix(dtype)),
            Residual.RESIDUAL_NORMALIZE(),
            residual_normalize.layout())
        .bytes("src", (long) rows * channels)
        .elements("dst", dtype, (long) rows * channels)
        .floats("mean", channels)
        .positive("deviation", channels)
        .number("rows", rows)
        .number("channels", channels)
        .number("dtype", dtype)
        .number("threads", 3);
  }

  private void quantize(int elements, int dtype, int isSigned) {
    String name =
        "quantize %d, %s%s".formatted(elements, isSigned == 1 ? "s8" : "u8", suffix(dtype));
    add(name, Residual.RESIDUAL_QUANTIZE(), residual_quantize.layout())
        .elements("src", dtype, elements)
        .bytes("dst", elements)
        .number("elements", elements)
        .number("factor", 100)
        .number("is_signed", isSigned)
        .number("dtype", dtype)
        .number("threads", 3);
    add("de" + name, Residual.RESIDUAL_DEQUANTIZE(), residual_quantize.layout())
        .bytes("src", elements)
        .elements("dst", dtype, elements)
        .number("elements", elements)
        .number("factor", 0.013)
        .number("is_signed", isSigned)
        .number("dtype", dtype)
        .number("threads", 3);
  }

  private void crossEntropy(int rows, int classes) {
    for (int smoothing = 0; smoothing < 2; smoothing++) {
      String name = "%dx%d, smoothing %d".formatted(rows, classes, smoothing);
      add(
              "cross-entropy " + name,
              Residual.RESIDUAL_CROSS_ENTROPY(),
              residual_cross_entropy.layout())
          .floats("logits", (long) rows * classes)
          .zeros("labels", rows)
          .floats("loss", 1)
          .number("rows", rows)
          .number("classes", classes)
          .number("smoothing", 0.1 * smoothing)
          .number("threads", 2);
      add(
              "cross-entropy backward " + name,
              Residual.RESIDUAL_CROSS_ENTROPY_BACKWARD(),
              residual_cross_entropy.layout())
          .floats("logits", (long) rows * classes)
          .zeros("labels", rows)
          .floats("diff_loss", 1)
          .floats("diff_logits", (long) rows * classes)
          .number("rows", rows)
          .number("classes", classes)
          .number("smoothing", 0.1 * smoothing)
          .number("threads", 2);
    }
  }
}
