package dev.residual.bench;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Random;

/** Numbers like those of normalised images: cheap to make, the same in every run. */
final class Noise {
  private static final float[] PATTERN = pattern();

  private Noise() {}

  /** A tensor whose elements repeat a pattern of odd length. */
  static Tensor tensor(Shape shape) {
    float[] numbers = new float[Math.toIntExact(shape.elements())];
    for (int begin = 0; begin < numbers.length; begin += PATTERN.length) {
      int count = Math.min(PATTERN.length, numbers.length - begin);
      System.arraycopy(PATTERN, 0, numbers, begin, count);
    }
    return Tensor.of(shape, numbers);
  }

  /** A tensor of another type. */
  static Tensor tensor(DType dtype, Shape shape) {
    return tensor(shape).to(dtype);
  }

  private static float[] pattern() {
    Random random = new Random(1);
    float[] pattern = new float[65521];
    for (int i = 0; i < pattern.length; i++) {
      pattern[i] = (float) random.nextGaussian();
    }
    return pattern;
  }
}
