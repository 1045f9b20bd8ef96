package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.Dnnl;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Movement;
import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Pad;
import dev.residual.graph.Reshape;
import dev.residual.graph.Slice;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The lowering of operations that only move elements. */
final class Movements {
  private Movements() {}

  static void lower(OneDnnLowering lowering, Reshape op) {
    Buffer src = lowering.buffer(op.src());
    Buffer dst = lowering.buffer(op.dst());
    boolean fromRows = rowMajor(lowering, op.src());
    boolean toRows = rowMajor(lowering, op.dst());
    if (fromRows && toRows
        || (op.src().shape().equals(op.dst().shape())
            && lowering.layout(op.src()) == lowering.layout(op.dst()))) {
      lowering.step(() -> MemorySegment.copy(src.segment(), 0, dst.segment(), 0, dst.bytes()));
    } else if (toRows) {
      lowering.step(
          lowering
              .steps()
              .reorder(src, lowering.descriptors().of(op.src()), dst, rows(lowering, op.src())));
    } else if (fromRows) {
      lowering.step(
          lowering
              .steps()
              .reorder(src, rows(lowering, op.dst()), dst, lowering.descriptors().of(op.dst())));
    } else {
      Buffer between = lowering.weights().temporary(op.src().bytes());
      lowering.step(
          lowering
              .steps()
              .reorder(
                  src, lowering.descriptors().of(op.src()), between, rows(lowering, op.src())));
      lowering.step(
          lowering
              .steps()
              .reorder(
                  between, rows(lowering, op.dst()), dst, lowering.descriptors().of(op.dst())));
    }
  }

  static void lower(OneDnnLowering lowering, Concat op) {
    MemorySegment[] srcs =
        op.srcs().stream().map(lowering.descriptors()::of).toArray(MemorySegment[]::new);
    MemorySegment array = lowering.primitives().addresses(srcs);
    MemorySegment dst = lowering.descriptors().of(op.dst());
    MemorySegment attributes = lowering.primitives().attributes();
    PrimitiveDescriptor primitive =
        lowering
            .primitives()
            .primitive(
                "dnnl_concat_primitive_desc_create",
                out ->
                    Dnnl.dnnl_concat_primitive_desc_create(
                        out,
                        lowering.primitives().engine(),
                        dst,
                        srcs.length,
                        1,
                        array,
                        attributes));
    List<Argument> arguments = new ArrayList<>();
    for (int i = 0; i < srcs.length; i++) {
      arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_MULTIPLE_SRC() + i, op.srcs().get(i)));
    }
    arguments.add(lowering.steps().argument(Dnnl.DNNL_ARG_DST(), op.dst()));
    lowering.steps().execute(primitive, arguments);
  }

  static void lower(OneDnnLowering lowering, ConcatBackward op) {
    Primitives primitives = lowering.primitives();
    MemorySegment whole = lowering.descriptors().of(op.diffDst());
    int channel = 0;
    for (Value part : op.diffSrcs()) {
      MemorySegment dims =
          primitives.longs(
              part.shape().dim(0), part.shape().dim(1), part.shape().dim(2), part.shape().dim(3));
      MemorySegment from = primitives.part(whole, dims, primitives.longs(0, channel, 0, 0));
      lowering.step(
          lowering
              .steps()
              .reorder(
                  lowering.buffer(op.diffDst()),
                  from,
                  lowering.buffer(part),
                  lowering.descriptors().of(part)));
      channel += part.shape().dim(1);
    }
  }

  static void lower(OneDnnLowering lowering, Transpose op) {
    move(lowering, Movement.of(op, lowering::layout), op.src(), op.dst());
  }

  static void lower(OneDnnLowering lowering, Pad op) {
    move(lowering, Movement.of(op, lowering::layout), op.src(), op.dst());
  }

  static void lower(OneDnnLowering lowering, Slice op) {
    move(lowering, Movement.of(op, lowering::layout), op.src(), op.dst());
  }

  /** As a copy between strided tensors where it is one, behind zeros where the result is larger. */
  private static void move(OneDnnLowering lowering, Movement movement, Value src, Value dst) {
    StridedCopy copy = StridedCopy.of(movement);
    if (copy == null) {
      lowering.step(new MovementStep(lowering, movement, src, dst));
      return;
    }
    Buffer to = lowering.buffer(dst);
    if (copy.elements() < dst.shape().elements()) {
      lowering.step(() -> to.segment().fill((byte) 0));
    }
    if (copy.elements() > 0) {
      lowering.step(copy.step(lowering, lowering.buffer(src), to, dst.dtype()));
    }
  }

  /**
   * Whether the elements lie in row-major order, as channels last do where there is one position.
   */
  private static boolean rowMajor(OneDnnLowering lowering, Value value) {
    return lowering.layout(value) == Layout.ROW_MAJOR
        || (value.shape().dim(2) == 1 && value.shape().dim(3) == 1)
        || value.shape().dim(1) == 1;
  }

  /** The descriptor of a rank-four value in row-major order. */
  private static MemorySegment rows(OneDnnLowering lowering, Value value) {
    return lowering
        .primitives()
        .descriptor(
            Descriptors.type(value.dtype()),
            Dnnl.dnnl_abcd(),
            value.shape().dim(0),
            value.shape().dim(1),
            value.shape().dim(2),
            value.shape().dim(3));
  }
}
