package dev.residual.bindings;

import static dev.residual.bindings.KernelCases.suffix;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_channel_sums;
import dev.residual.bindings.kernels.residual_convolution;
import dev.residual.bindings.kernels.residual_convolution_weights;
import dev.residual.bindings.kernels.residual_weight_gradient;
import java.lang.foreign.Arena;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Calls of the kernels for convolutions and their gradients, with odd and small sizes. */
final class ConvolutionCases {
  /** Results in a row of the tiles that Winograd's kernel knows. */
  private static final int[] WINOGRAD_TILES = {4, 2};

  private final List<KernelCase> cases = new ArrayList<>();

  private ConvolutionCases() {}

  static List<KernelCase> all() {
    ConvolutionCases table = new ConvolutionCases();
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
    for (int[] each : new int[][] {{1, 1}, {7, 16}, {515, 24}, {1031, 67}}) {
      table.channelSums(each[0], each[1], Residual.RESIDUAL_F32());
      table.channelSums(each[0], each[1], Residual.RESIDUAL_BF16());
    }
    return table.cases;
  }

  private KernelCase add(String name, int kernel, GroupLayout layout) {
    KernelCase added = new KernelCase(name, kernel, layout);
    cases.add(added);
    return added;
  }

  private static KernelCase geometry(
      KernelCase each,
      int images,
      int height,
      int width,
      int in,
      int outHeight,
      int outWidth,
      int out,
      int kernel,
      int stride) {
    return each.number("images", images)
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
        .number("pad_top", kernel / 2)
        .number("pad_left", kernel / 2)
        .number("dilation_h", 1)
        .number("dilation_w", 1);
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
      geometry(gradient, images, height, width, in, outHeight, outWidth, out, kernel, stride)
          .elements("src", dtype, (long) images * height * width * in)
          .elements("diff_dst", dtype, (long) images * outHeight * outWidth * out)
          .floats("diff_weights", (long) out * in * kernel * kernel)
          .number("dtype", dtype)
          .number("threads", 2);
    }
  }

  private void channelSums(int rows, int channels, int dtype) {
    add(
            "channel sums %dx%d%s".formatted(rows, channels, suffix(dtype)),
            Residual.RESIDUAL_CHANNEL_SUMS(),
            residual_channel_sums.layout())
        .elements("src", dtype, (long) rows * channels)
        .floats("sums", channels)
        .workspace("scratch", Residual.residual_channel_sums_scratch(channels, 2))
        .number("rows", rows)
        .number("channels", channels)
        .number("dtype", dtype)
        .number("threads", 2);
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
      direct.workspace("sums", Residual.residual_sums_bytes(out, 2));
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
      geometry(convolution, images, height, width, in, outHeight, outWidth, out, kernel, stride)
          .elements("src", dtype, (long) images * height * width * in)
          .elements("dst", dtype, (long) images * outHeight * outWidth * out)
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
    KernelCase gradient =
        add(name, Residual.RESIDUAL_STRIDED_GRADIENT(), residual_convolution.layout());
    geometry(gradient, images, height, width, in, outHeight, outWidth, out, kernel, stride)
        .elements("weights", dtype, stridedElements(in, kernel, stride, dtype) * out)
        .elements("src", dtype, (long) images * height * width * in)
        .elements("dst", dtype, (long) images * outHeight * outWidth * out)
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
}
