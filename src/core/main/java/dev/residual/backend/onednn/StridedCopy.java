package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Movement;
import dev.residual.engine.program.Movement.Axis;
import dev.residual.engine.program.Step;
import dev.residual.graph.Pad;
import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a movement that copies, as oneDNN reorders: the source's elements and the result's
 * lie at constant distances.
 */
final class StridedCopy {
  private final long[] extents;
  private final long[] srcStrides;
  private final long[] dstStrides;

  /** The first element of the source that is copied, and its place in the result. */
  private long first;

  private long to;

  private StridedCopy(List<Axis> axes) {
    int rank = axes.size();
    extents = new long[rank];
    srcStrides = new long[rank];
    dstStrides = new long[rank];
    for (int i = 0; i < rank; i++) {
      Axis axis = axes.get(i);
      int before = Math.max(0, Math.ceilDiv(-axis.start(), axis.step()));
      int inside = Math.ceilDiv(axis.srcExtent() - axis.start(), axis.step());
      extents[i] = Math.max(0, Math.min(axis.extent(), inside) - before);
      srcStrides[i] = axis.srcStride() * axis.step();
      dstStrides[i] = axis.dstStride();
      first += (axis.start() + (long) before * axis.step()) * axis.srcStride();
      to += before * axis.dstStride();
    }
  }

  /** The copy of a movement; null if elements go backwards, or are repeated, or others than 0. */
  static @Nullable StridedCopy of(Movement movement) {
    boolean isPlain =
        movement.mode() == Pad.Mode.CONSTANT && Double.doubleToRawLongBits(movement.value()) == 0;
    boolean isForward = movement.axes().stream().allMatch(axis -> axis.step() > 0);
    return isPlain && isForward && !movement.axes().isEmpty()
        ? new StridedCopy(movement.axes())
        : null;
  }

  /** The number of elements that are copied. */
  long elements() {
    long elements = 1;
    for (long extent : extents) {
      elements *= extent;
    }
    return elements;
  }

  /** The step that copies. */
  Step step(OneDnnLowering lowering, Buffer src, Buffer dst, DType dtype) {
    int type = Descriptors.type(dtype);
    return lowering
        .steps()
        .reorder(
            part(src, first, srcStrides, dtype),
            descriptor(lowering, type, srcStrides),
            part(dst, to, dstStrides, dtype),
            descriptor(lowering, type, dstStrides));
  }

  private MemorySegment descriptor(OneDnnLowering lowering, int type, long[] strides) {
    return lowering.primitives().strided(type, extents, strides);
  }

  /** From the first element to the last. */
  private Buffer part(Buffer whole, long start, long[] strides, DType dtype) {
    long last = 0;
    for (int i = 0; i < extents.length; i++) {
      last += (extents[i] - 1) * strides[i];
    }
    return whole.slice(start * dtype.bytes(), (last + 1) * dtype.bytes());
  }
}
