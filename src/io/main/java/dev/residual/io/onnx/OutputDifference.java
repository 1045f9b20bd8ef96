package dev.residual.io.onnx;

import dev.residual.tensor.Tensor;

/**
 * How far a computed output is from the expected one.
 *
 * @param output the name in the file
 * @param largest the largest difference of two elements; NaN where only one of them is NaN,
 *     infinite where only one is infinite
 * @param relative the same beside the largest finite element that is expected
 * @param isWithin whether no difference is too large
 */
public record OutputDifference(String output, double largest, double relative, boolean isWithin) {

  /**
   * Compares two tensors of one shape.
   *
   * @param rtol the part of the expected element that a difference may have
   * @param atol what it may have beside; that times the largest expected element, if it is above 1
   */
  static OutputDifference of(
      String output, Tensor expected, Tensor actual, double rtol, double atol) {
    double size = 0;
    for (long i = 0; i < expected.shape().elements(); i++) {
      double magnitude = Math.abs(expected.get(i));
      size = Double.isFinite(magnitude) ? Math.max(size, magnitude) : size;
    }
    double allowed = atol * Math.max(1, size);
    double largest = 0;
    boolean isWithin = true;
    for (long i = 0; i < expected.shape().elements(); i++) {
      double a = actual.get(i);
      double e = expected.get(i);
      // Equal infinities, and NaN for NaN, differ by nothing.
      double difference = Double.compare(a, e) == 0 ? 0 : Math.abs(a - e);
      largest = Double.isNaN(largest) ? largest : Math.max(largest, difference);
      isWithin &= difference <= allowed + (Double.isInfinite(e) ? 0 : rtol * Math.abs(e));
    }
    return new OutputDifference(output, largest, largest == 0 ? 0 : largest / size, isWithin);
  }
}
