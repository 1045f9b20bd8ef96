package dev.residual.backend.onednn;

import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Random;

/** Tensors of numbers from -0.5 to 0.5 that are the same in every run. */
final class RandomTensors {
  private RandomTensors() {}

  static Tensor random(Shape shape) {
    Random random = new Random(shape.hashCode());
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(shape, values);
  }
}
