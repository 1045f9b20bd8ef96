package dev.residual.bindings;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_batch_norm;
import dev.residual.bindings.kernels.residual_batch_norm_backward;
import dev.residual.bindings.kernels.residual_batch_norm_inference;
import dev.residual.bindings.kernels.residual_cross_entropy;
import dev.residual.bindings.kernels.residual_normalize;
import dev.residual.bindings.kernels.residual_quantize;
import dev.residual.bindings.kernels.residual_relu;
import dev.residual.bindings.kernels.residual_sgd;
import dev.residual.bindings.kernels.residual_shortcut;
import dev.residual.bindings.kernels.residual_transpose;
import java.util.ArrayList;
import java.util.List;

/** Calls of all of Residual's own kernels, with odd and small sizes. */
final class KernelCases {

  /** How the names of calls end whose images are bf16. */
  static final String BF16 = ", bf16";

  private static final int APPLICATION = Residual.RESIDUAL_APPLICATION();

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
            table.batchNormInference(matrix[0], matrix[1], threads, fused, dtype);
            for (int part = Residual.RESIDUAL_WHOLE(); part <= APPLICATION; part++) {
              table.batchNorm(matrix[0], matrix[1], threads, fused, dtype, part);
              table.batchNormBackward(matrix[0], matrix[1], threads, fused, dtype, part);
            }
          }
        }
      }
    }
    for (int elements : new int[] {1, 3, 15, 17, 1037, 20011}) {
      table.sgd(elements, true);
      table.sgd(elements, false);
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
    for (int elements : new int[] {1, 31, 67, 40011}) {
      table.relu(elements, Residual.RESIDUAL_F32());
      table.relu(elements, Residual.RESIDUAL_BF16());
    }
    // Whole tiles of each size of element, parts of them, and both.
    int[][] turned = {{1, 1, 1}, {1, 3, 70}, {2, 16, 16}, {1, 64, 128}, {3, 33, 67}, {2, 5, 9001}};
    for (int[] shape : turned) {
      for (int bytes : new int[] {1, 2, 4}) {
        table.transpose(shape[0], shape[1], shape[2], bytes);
      }
    }
    table.cases.addAll(ConvolutionCases.all());
    table.cases.addAll(PoolingCases.all());
    table.cases.addAll(FunctionKernelCases.all());
    table.cases.addAll(UpdateKernelCases.all());
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

  static String suffix(int dtype) {
    return dtype == Residual.RESIDUAL_BF16() ? BF16 : "";
  }

  private void batchNorm(int rows, int channels, int threads, boolean fused, int dtype, int part) {
    long elements = (long) rows * channels;
    KernelCase norm =
        add(
                name("batch norm" + part(part), rows, channels, threads, fused, dtype),
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
    part(norm, part, rows, channels);
    if (fused && threads == 3) {
      norm.zeros("sums", Residual.residual_sums_bytes(channels, threads) / 4);
    }
  }

  private static String part(int part) {
    return part == APPLICATION
        ? " application"
        : part == Residual.RESIDUAL_STATISTICS() ? " statistics" : "";
  }

  /** What a part has beside the whole: two doubles a channel, for twice as many rows. */
  private static void part(KernelCase norm, int part, int rows, int channels) {
    norm.number("part", part).number("count", 2L * rows);
    if (part == Residual.RESIDUAL_STATISTICS()) {
      norm.workspace("totals", 16L * channels);
    } else if (part == APPLICATION) {
      norm.zeros("totals", 4L * channels);
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

  private void batchNormBackward(
      int rows, int channels, int threads, boolean fused, int dtype, int part) {
    long elements = (long) rows * channels;
    KernelCase norm =
        add(
                name("batch norm backward" + part(part), rows, channels, threads, fused, dtype),
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
    part(norm, part, rows, channels);
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

  private void transpose(int matrices, int rows, int columns, int bytes) {
    String name = "transpose %dx%dx%d of %d bytes".formatted(matrices, rows, columns, bytes);
    long elements = (long) matrices * rows * columns;
    KernelCase turned =
        add(name, Residual.RESIDUAL_TRANSPOSE(), residual_transpose.layout())
            .number("matrices", matrices)
            .number("rows", rows)
            .number("columns", columns)
            .number("src_stride", columns)
            .number("dst_stride", rows)
            .number("bytes", bytes)
            .number("threads", 2);
    if (bytes == 1) {
      turned.bytes("src", elements).bytes("dst", elements);
    } else {
      int dtype = bytes == 2 ? Residual.RESIDUAL_BF16() : Residual.RESIDUAL_F32();
      turned.elements("src", dtype, elements).elements("dst", dtype, elements);
    }
  }

  private void relu(int elements, int dtype) {
    String name = elements + suffix(dtype);
    add("relu " + name, Residual.RESIDUAL_RELU(), residual_relu.layout())
        .elements("src", dtype, elements)
        .elements("dst", dtype, elements)
        .number("elements", elements)
        .number("dtype", dtype)
        .number("threads", 3);
    add("relu backward " + name, Residual.RESIDUAL_RELU_BACKWARD(), residual_relu.layout())
        .elements("src", dtype, elements)
        .elements("diff_dst", dtype, elements)
        .elements("dst", dtype, elements)
        .number("elements", elements)
        .number("dtype", dtype)
        .number("threads", 3);
  }

  private void crossEntropy(int rows, int classes) {
    long elements = (long) rows * classes;
    for (int smoothing = 0; smoothing < 2; smoothing++) {
      for (boolean soft : new boolean[] {false, true}) {
        String name =
            "%dx%d, smoothing %d%s".formatted(rows, classes, smoothing, soft ? ", soft" : "");
        targets(
                add(
                    "cross-entropy " + name,
                    Residual.RESIDUAL_CROSS_ENTROPY(),
                    residual_cross_entropy.layout()),
                rows,
                classes,
                soft)
            .floats("loss", 1)
            .number("smoothing", 0.1 * smoothing);
        targets(
                add(
                    "cross-entropy backward " + name,
                    Residual.RESIDUAL_CROSS_ENTROPY_BACKWARD(),
                    residual_cross_entropy.layout()),
                rows,
                classes,
                soft)
            .floats("diff_loss", 1)
            .floats("diff_logits", elements)
            .number("smoothing", 0.1 * smoothing);
      }
    }
  }

  private static KernelCase targets(KernelCase loss, int rows, int classes, boolean soft) {
    long elements = (long) rows * classes;
    KernelCase labelled = soft ? loss.floats("targets", elements) : loss.zeros("labels", rows);
    return labelled
        .floats("logits", elements)
        .number("rows", rows)
        .number("classes", classes)
        .number("weight", 0.5)
        .number("threads", 2);
  }
}
