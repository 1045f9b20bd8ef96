package dev.residual.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class MagnitudeHistogramTest {

  private static double scale(int largest, float... elements) {
    MagnitudeHistogram histogram = new MagnitudeHistogram();
    histogram.add(Tensor.of(Shape.of(1, elements.length), elements), 1);
    return histogram.scale(largest);
  }

  @Test
  void equallySpreadNumbersAreNotCutOff() {
    float[] elements = new float[10_000];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = i % 2 == 0 ? -i : i;
    }
    assertThat(scale(255, elements)).isCloseTo(9_999.0 / 255, Percentage.withPercentage(2));
  }

  @Test
  void aRareLargeNumberIsCutOff() {
    Random random = new Random(7);
    float[] elements = new float[1_000_000];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = (float) random.nextGaussian();
    }
    elements[0] = 20;
    assertThat(scale(127, elements) * 127).isBetween(3.5, 10.0);
  }

  @Test
  void laterLargerNumbersWidenTheBins() {
    MagnitudeHistogram grown = new MagnitudeHistogram();
    for (float largest : new float[] {1, 3, 700}) {
      float[] elements = new float[1000];
      for (int i = 0; i < elements.length; i++) {
        elements[i] = largest * (i + 1) / elements.length;
      }
      grown.add(Tensor.of(Shape.of(1, elements.length), elements), 1);
    }
    assertThat(grown.scale(255)).isCloseTo(700.0 / 255, Percentage.withPercentage(3));
  }

  @Test
  void imagesThatFillABatchDoNotCount() {
    MagnitudeHistogram histogram = new MagnitudeHistogram();
    histogram.add(Tensor.of(Shape.of(2, 2), 1, 0.5f, 1000, 1000), 1);
    assertThat(histogram.scale(100)).isCloseTo(0.01, Percentage.withPercentage(2));
  }

  @Test
  void zerosHaveAnyScaleAndInfinitiesNone() {
    assertThat(scale(127, 0, 0)).isEqualTo(1);
    assertThatThrownBy(() -> scale(127, Float.POSITIVE_INFINITY))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
