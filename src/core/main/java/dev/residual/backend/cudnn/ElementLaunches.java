package dev.residual.backend.cudnn;

import dev.residual.graph.Add;
import dev.residual.graph.Cast;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.Normalize;
import dev.residual.graph.Quantize;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Value;
import java.util.List;
import java.util.function.UnaryOperator;

/** Operations on single elements, by our own kernels. */
final class ElementLaunches {
  private ElementLaunches() {}

  static List<Launch> of(Relu op) {
    return list("relu", op.dst(), launch -> launch.in("src", op.src()).out("dst", op.dst()));
  }

  static List<Launch> of(ReluBackward op) {
    return list(
        "relu_backward",
        op.diffSrc(),
        launch ->
            launch.in("dst", op.dst()).in("diff_dst", op.diffDst()).out("diff_src", op.diffSrc()));
  }

  static List<Launch> of(Add op) {
    return list(
        "add",
        op.dst(),
        launch -> launch.in("first", op.src0()).in("second", op.src1()).out("dst", op.dst()));
  }

  static List<Launch> of(Cast op) {
    return List.of(conversion("cast", op.src(), op.dst()));
  }

  static List<Launch> of(Quantize op) {
    return List.of(conversion("quantize", op.src(), op.dst()).with("scale", op.scale()));
  }

  static List<Launch> of(Dequantize op) {
    return List.of(conversion("dequantize", op.src(), op.dst()).with("scale", op.scale()));
  }

  /** The same elements in another type. */
  static KernelLaunch conversion(String kernel, Value src, Value dst) {
    return counted(kernel, dst)
        .in("src", src)
        .out("dst", dst)
        .type("src_type", src)
        .type("dst_type", dst);
  }

  static List<Launch> of(Dropout op) {
    if (op.isByRow()) {
      long rows = op.mask().shape().elements();
      return List.of(
          new KernelLaunch("keep_rows")
              .in("random", op.random())
              .out("mask", op.mask())
              .with("rows", rows)
              .with("probability", op.probability())
              .elements(rows),
          scaledRows(op.src(), op.mask(), op.dst(), op.probability()),
          new KernelLaunch("advance").inOut("random", op.random()));
    }
    boolean isImage = op.src().shape().rank() == 4;
    long elements = op.src().shape().elements();
    KernelLaunch dropout =
        new KernelLaunch("dropout")
            .in("src", op.src())
            .in("random", op.random())
            .out("dst", op.dst())
            .out("mask", op.mask())
            .with("images", isImage ? op.src().shape().dim(0) : 1)
            .with("positions", isImage ? KernelTypes.positions(op.src()) : elements)
            .with("channels", isImage ? op.src().shape().dim(1) : 1)
            .with("probability", op.probability())
            .with("scale", 1 / (1 - op.probability()))
            .type(op.src())
            .elements(elements);
    return List.of(dropout, new KernelLaunch("advance").inOut("random", op.random()));
  }

  private static KernelLaunch scaledRows(Value src, Value mask, Value dst, double probability) {
    long rows = mask.shape().elements();
    return new KernelLaunch("scale_rows")
        .in("src", src)
        .in("mask", mask)
        .out("dst", dst)
        .with("rows", rows)
        .with("row_elements", src.shape().elements() / rows)
        .with("scale", 1 / (1 - probability))
        .type(src)
        .elements(src.shape().elements());
  }

  static List<Launch> of(DropoutBackward op) {
    if (op.isByRow()) {
      return List.of(scaledRows(op.diffDst(), op.mask(), op.diffSrc(), op.probability()));
    }
    return list(
        "dropout_backward",
        op.diffSrc(),
        launch ->
            launch
                .in("diff_dst", op.diffDst())
                .in("mask", op.mask())
                .out("diff_src", op.diffSrc())
                .with("scale", 1 / (1 - op.probability())));
  }

  static List<Launch> of(Normalize op, boolean isRowMajor) {
    int channels = op.src().shape().dim(1);
    return List.of(
        new KernelLaunch("normalize")
            .in("src", op.src())
            .floats("mean", op.mean())
            .floats("deviation", op.std())
            .out("dst", op.dst())
            .with("images", op.src().shape().dim(0))
            .with("positions", KernelTypes.positions(op.src()))
            .with("channels", channels)
            .with("dst_channels", channels)
            .with("src_row_major", isRowMajor ? 1 : 0)
            .type(op.dst())
            .elements(op.dst().shape().elements()));
  }

  private static List<Launch> list(
      String kernel, Value result, UnaryOperator<KernelLaunch> members) {
    return List.of(members.apply(counted(kernel, result).type(result)));
  }

  /** A launch over all elements of a result. */
  static KernelLaunch counted(String kernel, Value result) {
    long count = result.shape().elements();
    return new KernelLaunch(kernel).with("count", count).elements(count);
  }
}
