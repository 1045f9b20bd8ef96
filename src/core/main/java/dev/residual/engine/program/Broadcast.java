package dev.residual.engine.program;

import dev.residual.graph.Binary;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Strided;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * An operation on two tensors as loops, once the layouts are known: an operand that is broadcast
 * along an axis has the stride 0 there.
 *
 * @param axes the loops, the innermost last
 */
public record Broadcast(List<Axis> axes) {

  /**
   * A loop over one axis of the result.
   *
   * @param extent of the result
   * @param stride0 the distance of the first operand's elements
   * @param stride1 the distance of the second operand's elements
   * @param dstStride the distance of the result's elements
   */
  public record Axis(int extent, long stride0, long stride1, long dstStride) {

    /** Whether this loop around another one is the same as one long loop. */
    private boolean encloses(Axis inner) {
      return stride0 == inner.extent * inner.stride0
          && stride1 == inner.extent * inner.stride1
          && dstStride == inner.extent * inner.dstStride;
    }
  }

  /** Copies the axes. */
  public Broadcast {
    axes = List.copyOf(axes);
  }

  /** The loops of an operation: as few as there can be. */
  public static Broadcast of(Binary op, Function<Value, Layout> layouts) {
    long[] strides0 = strides(op.src0(), layouts);
    long[] strides1 = strides(op.src1(), layouts);
    long[] strides = strides(op.dst(), layouts);
    List<Axis> sorted = new ArrayList<>();
    for (int i = 0; i < strides.length; i++) {
      if (op.dst().shape().dim(i) > 1) {
        sorted.add(new Axis(op.dst().shape().dim(i), strides0[i], strides1[i], strides[i]));
      }
    }
    sorted.sort(Comparator.comparingLong(Axis::dstStride).reversed());
    List<Axis> axes = new ArrayList<>();
    for (Axis axis : sorted) {
      if (!axes.isEmpty() && axes.getLast().encloses(axis)) {
        int extent = Math.multiplyExact(axes.removeLast().extent, axis.extent);
        axes.add(new Axis(extent, axis.stride0, axis.stride1, axis.dstStride));
      } else {
        axes.add(axis);
      }
    }
    return new Broadcast(axes);
  }

  private static long[] strides(Value value, Function<Value, Layout> layouts) {
    long[] strides = Strided.strides(value.shape(), layouts.apply(value));
    for (int i = 0; i < strides.length; i++) {
      if (value.shape().dim(i) == 1) {
        strides[i] = 0;
      }
    }
    return strides;
  }
}
