package dev.residual.calibration;

import dev.residual.tensor.Tensor;
import java.util.Arrays;

/**
 * Counts of magnitudes other than zero, in bins of equal width that grows with the largest one
 * seen.
 */
final class MagnitudeHistogram {
  private static final int BINS = 2048;
  private static final int CANDIDATES = 128;

  private final long[] counts = new long[BINS];
  private double width;

  /** Counts the elements of the first images of a tensor. */
  void add(Tensor tensor, int images) {
    float[] elements = tensor.toFloats();
    int count = elements.length / tensor.shape().dim(0) * images;
    float largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(elements[i]));
    }
    makeRoom(largest);
    for (int i = 0; i < count; i++) {
      if (elements[i] != 0) {
        counts[Math.min(BINS - 1, (int) (Math.abs(elements[i]) / width))]++;
      }
    }
  }

  private void makeRoom(double largest) {
    if (!Double.isFinite(largest)) {
      throw new IllegalArgumentException("a network that is calibrated computes " + largest);
    }
    if (width == 0) {
      width = largest / BINS;
    }
    while (largest > width * BINS && width > 0) {
      for (int i = 0; i < BINS; i++) {
        counts[i] = i < BINS / 2 ? counts[2 * i] + counts[2 * i + 1] : 0;
      }
      width *= 2;
    }
  }

  /**
   * What 1 should stand for if magnitudes are rounded to whole numbers up to a largest one: the
   * scale with the smallest sum of squared errors, of rounding and of cutting off.
   *
   * @return a positive number, 1 if nothing but zeros was seen
   */
  double scale(int largest) {
    if (Arrays.stream(counts).sum() == 0) {
      return 1;
    }
    int last = BINS - 1;
    while (counts[last] == 0) {
      last--;
    }
    double best = 0;
    double smallest = Double.POSITIVE_INFINITY;
    for (int i = CANDIDATES; i > CANDIDATES / 8; i--) {
      double scale = (last + 1) * width * i / CANDIDATES / largest;
      double error = error(scale, largest);
      if (error < smallest) {
        smallest = error;
        best = scale;
      }
    }
    return best;
  }

  private double error(double scale, int largest) {
    double error = 0;
    for (int i = 0; i < BINS; i++) {
      if (counts[i] > 0) {
        double magnitude = (i + 0.5) * width;
        double difference = magnitude - scale * Math.min(largest, Math.rint(magnitude / scale));
        error += counts[i] * difference * difference;
      }
    }
    return error;
  }
}
