package dev.residual.engine.program;

import dev.residual.graph.Pad;
import dev.residual.graph.Slice;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Strided;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * A copy of elements to other places, as loops: what transposing, slicing and padding become once
 * the layouts are known.
 *
 * @param axes the loops, the innermost last
 * @param mode what is copied where a loop leaves the source
 * @param value the constant of {@link Pad.Mode#CONSTANT}
 */
public record Movement(List<Axis> axes, Pad.Mode mode, double value) {

  /**
   * A loop over one axis of the result. Its element i is the source's {@code start + i * step}.
   *
   * @param extent of the result
   * @param dstStride the distance of its elements
   * @param srcExtent of the source
   * @param srcStride the distance of its elements
   * @param start the first element taken
   * @param step the distance of elements taken, in elements
   */
  public record Axis(
      int extent, long dstStride, int srcExtent, long srcStride, int start, int step) {

    /** The element of the source that an element of the result is; below 0 if it is a constant. */
    public int source(int i, Pad.Mode mode) {
      int place = start + i * step;
      return switch (mode) {
        case CONSTANT -> place < srcExtent ? place : -1;
        case EDGE -> Math.clamp(place, 0, srcExtent - 1);
        case REFLECT -> srcExtent - 1 - Math.abs(srcExtent - 1 - Math.abs(place));
      };
    }
  }

  /** Copies the axes, and brings the one whose elements lie closest in the result to the end. */
  public Movement {
    axes = axes.stream().sorted(Comparator.comparingLong(Axis::dstStride).reversed()).toList();
  }

  /** The copy of a transposition. */
  public static Movement of(Transpose op, Function<Value, Layout> layouts) {
    long[] from = Strided.strides(op.src().shape(), layouts.apply(op.src()));
    long[] to = Strided.strides(op.dst().shape(), layouts.apply(op.dst()));
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < to.length; i++) {
      int extent = op.dst().shape().dim(i);
      axes.add(new Axis(extent, to[i], extent, from[op.axes().get(i)], 0, 1));
    }
    return new Movement(axes, Pad.Mode.CONSTANT, 0);
  }

  /** The copy of a slice. */
  public static Movement of(Slice op, Function<Value, Layout> layouts) {
    return of(op.src(), op.dst(), layouts, op.starts(), op.steps(), Pad.Mode.CONSTANT, 0);
  }

  /** The copy of a padding. */
  public static Movement of(Pad op, Function<Value, Layout> layouts) {
    List<Integer> starts = op.before().stream().map(before -> -before).toList();
    List<Integer> steps = op.before().stream().map(_ -> 1).toList();
    return of(op.src(), op.dst(), layouts, starts, steps, op.mode(), op.value());
  }

  private static Movement of(
      Value src,
      Value dst,
      Function<Value, Layout> layouts,
      List<Integer> starts,
      List<Integer> steps,
      Pad.Mode mode,
      double value) {
    long[] srcStrides = Strided.strides(src.shape(), layouts.apply(src));
    long[] dstStrides = Strided.strides(dst.shape(), layouts.apply(dst));
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < dstStrides.length; i++) {
      axes.add(
          new Axis(
              dst.shape().dim(i),
              dstStrides[i],
              src.shape().dim(i),
              srcStrides[i],
              starts.get(i),
              steps.get(i)));
    }
    return new Movement(axes, mode, value);
  }
}
