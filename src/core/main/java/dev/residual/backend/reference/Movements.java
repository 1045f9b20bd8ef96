package dev.residual.backend.reference;

import dev.residual.graph.Pad;
import dev.residual.graph.Slice;
import dev.residual.graph.Transpose;
import dev.residual.tensor.Shape;

/** Operations that copy elements to other places. */
final class Movements {
  private Movements() {}

  static Step transpose(Transpose op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    Shape from = op.src().shape();
    Shape to = op.dst().shape();
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int[] at = Coordinates.of(i, to);
        int[] source = new int[at.length];
        for (int axis = 0; axis < at.length; axis++) {
          source[op.axes().get(axis)] = at[axis];
        }
        dst[i] = src[Coordinates.index(source, from)];
      }
    };
  }

  static Step slice(Slice op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    Shape from = op.src().shape();
    Shape to = op.dst().shape();
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int[] at = Coordinates.of(i, to);
        for (int axis = 0; axis < at.length; axis++) {
          at[axis] = op.starts().get(axis) + at[axis] * op.steps().get(axis);
        }
        dst[i] = src[Coordinates.index(at, from)];
      }
    };
  }

  static Step pad(Pad op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    Shape from = op.src().shape();
    Shape to = op.dst().shape();
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int[] at = Coordinates.of(i, to);
        boolean isInside = true;
        for (int axis = 0; axis < at.length; axis++) {
          int place = at[axis] - op.before().get(axis);
          int last = from.dim(axis) - 1;
          isInside &= place >= 0 && place <= last;
          at[axis] =
              op.mode() == Pad.Mode.REFLECT
                  ? last - Math.abs(last - Math.abs(place))
                  : Math.clamp(place, 0, last);
        }
        boolean isConstant = op.mode() == Pad.Mode.CONSTANT && !isInside;
        dst[i] = isConstant ? op.value() : src[Coordinates.index(at, from)];
      }
    };
  }
}
