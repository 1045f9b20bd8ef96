package dev.residual.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KernelRoundingTest {
  private static final int OUTPUTS = 40;
  private static final int SIDE = 12;

  private final SplittableRandom random = new SplittableRandom(7);

  private Tensor random(int... dims) {
    Tensor tensor = Tensor.zeros(DType.F32, Shape.of(dims));
    for (int i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, random.nextDouble(-1, 1));
    }
    return tensor;
  }

  private static Tensor scales() {
    float[] scales = new float[OUTPUTS];
    for (int o = 0; o < OUTPUTS; o++) {
      scales[o] = (1 + o % 3) / 40f;
    }
    return Tensor.of(Shape.of(OUTPUTS), scales);
  }

  /** Channels that have much in common, and neighbours, too. */
  private double[][][] image(int channels) {
    double[][][] image = new double[channels][SIDE][SIDE];
    double level = 0;
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        level = 0.8 * level + random.nextDouble();
        for (int c = 0; c < channels; c++) {
          image[c][y][x] = level + 0.3 * random.nextDouble();
        }
      }
    }
    return image;
  }

  private static double at(double[][] plane, int y, int x) {
    return y < 0 || x < 0 || y >= SIDE || x >= SIDE ? 0 : plane[y][x];
  }

  private static Tensor products(double[][][] image, int groups, int h, int w) {
    int channels = image.length / groups;
    Tensor products =
        Tensor.zeros(DType.F32, Shape.of(image.length, channels, 2 * h - 1, 2 * w - 1));
    int index = 0;
    for (int c = 0; c < image.length; c++) {
      for (int d = c / channels * channels; d < (c / channels + 1) * channels; d++) {
        for (int v = 1 - h; v < h; v++) {
          for (int u = 1 - w; u < w; u++) {
            double sum = 0;
            for (int i = 0; i < SIDE * SIDE; i++) {
              sum += image[c][i / SIDE][i % SIDE] * at(image[d], i / SIDE + v, i % SIDE + u);
            }
            products.set(index++, sum);
          }
        }
      }
    }
    return products;
  }

  /** The squared change of the results of a convolution padded to any extent. */
  private static double error(
      double[][][] image, int groups, Tensor kernels, Tensor integers, Tensor scales) {
    int i = kernels.shape().dim(1);
    int h = kernels.shape().dim(2);
    int w = kernels.shape().dim(3);
    double error = 0;
    for (int o = 0; o < OUTPUTS; o++) {
      for (int y = -h; y < SIDE; y++) {
        for (int x = -w; x < SIDE; x++) {
          double sum = 0;
          for (int e = 0; e < i * h * w; e++) {
            int index = o * i * h * w + e;
            double[][] plane = image[o / (OUTPUTS / groups) * i + e / (h * w)];
            double change = kernels.get(index) - integers.get(index) * scales.get(o);
            sum += change * at(plane, y + e / w % h, x + e % w);
          }
          error += sum * sum;
        }
      }
    }
    return error;
  }

  private void requireGain(int channels, int groups, int h, int w) {
    double[][][] image = image(channels);
    Tensor kernels = random(OUTPUTS, channels / groups, h, w);
    Tensor rounded = KernelRounding.of(kernels, scales(), products(image, groups, h, w), groups);
    Tensor nearest = KernelRounding.nearest(kernels, scales());
    assertThat(error(image, groups, kernels, rounded, scales()))
        .isLessThan(0.2 * error(image, groups, kernels, nearest, scales()));
    for (int i = 0; i < kernels.shape().elements(); i++) {
      double change = Math.abs(rounded.get(i) - nearest.get(i));
      assertThat(change).isLessThanOrEqualTo(8);
    }
  }

  @Test
  void resultsChangeLessThanByTheNearestIntegers() {
    requireGain(33, 1, 1, 1);
    requireGain(5, 1, 3, 3);
    requireGain(4, 1, 1, 5);
  }

  @Test
  void groupsAreRoundedEachForItself() {
    requireGain(16, 2, 3, 1);
    requireGain(20, 5, 3, 3);
  }

  @Test
  void inputsWithoutAnythingInCommonLeaveTheNearest() {
    Tensor kernels = random(OUTPUTS, 3, 1, 1);
    Tensor products = Tensor.of(Shape.of(3, 3, 1, 1), 5f, 0, 0, 0, 7, 0, 0, 0, 0);
    assertThat(KernelRounding.of(kernels, scales(), products, 1).toFloats())
        .isEqualTo(KernelRounding.nearest(kernels, scales()).toFloats());
  }

  @Test
  void inputsOfZerosLeaveTheNearest() {
    Tensor kernels = random(OUTPUTS, 2, 3, 3);
    Tensor products = Tensor.zeros(DType.F32, Shape.of(2, 2, 5, 5));
    assertThat(KernelRounding.of(kernels, scales(), products, 1).toFloats())
        .isEqualTo(KernelRounding.nearest(kernels, scales()).toFloats());
  }
}
