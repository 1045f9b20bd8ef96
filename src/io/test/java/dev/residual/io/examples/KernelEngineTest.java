package dev.residual.io.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.tensor.Shape;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class KernelEngineTest {
  private static final Shape IMAGES = Shape.of(2, 3, 7, 6);
  private static final Shape FILTERS = Shape.of(4, 3, 3, 3);
  private static final Shape RESULT = Shape.of(2, 4, 4, 3);
  private static final int STRIDE = 2;
  private static final int PADDING = 1;

  private final float[] images = random(IMAGES, 1);
  private final float[] filters = random(FILTERS, 2);

  private static float[] random(Shape shape, long seed) {
    Random random = new Random(seed);
    float[] numbers = new float[(int) shape.elements()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  /** A product that a convolution adds up: of which places of images, filters and result. */
  private interface Product {
    void of(int image, int filter, int result);
  }

  /** All products of the convolution, by its definition. */
  private static void products(Product product) {
    for (int r = 0; r < RESULT.elements(); r++) {
      int x = r % 3;
      int y = r / 3 % 4;
      int o = r / 12 % 4;
      int n = r / 48;
      for (int f = 0; f < 27; f++) {
        int column = x * STRIDE - PADDING + f % 3;
        int row = y * STRIDE - PADDING + f / 3 % 3;
        if (row >= 0 && row < 7 && column >= 0 && column < 6) {
          product.of(((n * 3 + f / 9) * 7 + row) * 6 + column, o * 27 + f, r);
        }
      }
    }
  }

  @Test
  void aStepOfAFrameworkAgreesWithTheDefinitions() {
    float[] expected = new float[(int) RESULT.elements()];
    products((i, f, r) -> expected[r] += images[i] * filters[f]);
    float[] gradient = random(RESULT, 3);
    float[] expectedGradient = new float[filters.length];
    products((i, f, r) -> expectedGradient[f] += images[i] * gradient[r]);
    try (KernelEngine engine = new KernelEngine()) {
      for (int step = 0; step < 2; step++) {
        float[] result = engine.convolution(images, IMAGES, filters, FILTERS, STRIDE, PADDING);
        assertThat(result).containsExactly(expected, Offset.offset(1e-4f));
        for (float number : engine.relu(result)) {
          assertThat(number).isNotNegative();
        }
        assertThat(engine.filterGradient(images, IMAGES, gradient, FILTERS, STRIDE, PADDING))
            .containsExactly(expectedGradient, Offset.offset(1e-4f));
      }
    }
  }
}
