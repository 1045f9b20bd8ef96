package dev.residual.io.onnx;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * What integers stand for.
 *
 * @param scales one, or one for each extent along an axis
 * @param zeros as many zero points
 * @param type of the integers
 * @param axis of the scales
 */
record Scales(List<Double> scales, List<Double> zeros, DType type, int axis) {
  int count() {
    return scales.size();
  }

  boolean isSymmetric() {
    return zeros.stream().allMatch(zero -> zero == 0);
  }

  /** The one scale; 1 where there are many, which are factors of their own. */
  double single() {
    return count() == 1 ? scales.getFirst() : 1;
  }

  /** The scales along their axis. */
  Operand operand(Translation to, String name, int rank) {
    return along(to, name, rank, scales);
  }

  /** What the zero points stand for, without scales of their own. */
  Operand shift(Translation to, String name, int rank) {
    return along(to, name, rank, zeros.stream().map(zero -> zero * single()).toList());
  }

  private Operand along(Translation to, String name, int rank, List<Double> numbers) {
    int[] dims = new int[rank];
    Arrays.fill(dims, 1);
    if (numbers.size() > 1) {
      dims[axis] = numbers.size();
    }
    Tensor tensor = Tensor.zeros(DType.F32, Shape.of(dims));
    for (int i = 0; i < numbers.size(); i++) {
      tensor.set(i, numbers.get(i));
    }
    return Operand.constant(to.unique(name), tensor);
  }

  /** The numbers that integers stand for. */
  Tensor real(Tensor integers) {
    Shape shape = integers.shape();
    Tensor real = Tensor.zeros(DType.F32, shape);
    long inner = 1;
    for (int i = axis + 1; i < shape.rank(); i++) {
      inner *= shape.dim(i);
    }
    for (long i = 0; i < shape.elements(); i++) {
      int place = count() == 1 ? 0 : (int) (i / inner % count());
      real.set(i, (integers.get(i) - zeros.get(place)) * scales.get(place));
    }
    return real;
  }
}
