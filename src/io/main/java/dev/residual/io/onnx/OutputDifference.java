package dev.residual.io.onnx;

import dev.residual.tensor.Tensor;

/**
 * How far a computed output is from the expected one.
 *
 * @param output the name in the file
 * @param largest the largest difference of two elements; NaN where only one of them is NaN,
 *     infinite where only one is infinite
 * @param isWithin whether no difference is too large
 */
public record OutputDifference(String output, double largest, boolean isWithin) {

  /**
   * Compares two tensors of one shape.
   *
   * @param rtol the part of the expected element that a difference may have
   * @param atol what it may have beside
   */
  static OutputDifference of(
      String output, Tensor expected, Tensor actual, double rtol, double atol) {
    double largest = 0;
    boolean isWithin = true;
    for (long i = 0; i < expected.shape().elements(); i++) {
      double a = actual.get(i);
      double e = expected.get(i);
      // Equal infinities, and NaN for NaN, differ by nothing.
      double difference = Double.compare(a, e) == 0 ? 0 : Math.abs(a - e);
      largest = Double.isNaN(largest) ? largest : Math.max(largest, difference);
      isWithin &= difference <= atol + (Double.isInfinite(e) ? 0 : rtol * Math.abs(e));
    }
    return new OutputDifference(output, largest, isWithin);
  }
}
