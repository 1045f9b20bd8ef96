package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class QuantizedVectorTest {

  @Test
  void theLargestMagnitudeIs127() {
    QuantizedVector vector = QuantizedVector.of(new float[] {0.5f, -2, 1, 0});
    assertThat(vector.values()).containsExactly(32, -127, 64, 0);
    assertThat(vector.scale()).isEqualTo(2f / 127);
    assertThat(vector.toFloats()[1]).isCloseTo(-2, within(1e-6f));
  }

  @Test
  void numbersAreOffByHalfAScaleAtMost() {
    SplittableRandom random = new SplittableRandom(1);
    float[] row = new float[1000];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) random.nextDouble(-3, 3);
    }
    QuantizedVector vector = QuantizedVector.of(row);
    float[] back = vector.toFloats();
    for (int i = 0; i < row.length; i++) {
      assertThat(back[i]).isCloseTo(row[i], within(vector.scale() * 0.50001f));
    }
  }

  @Test
  void extremesHaveIntegersToo() {
    assertThat(QuantizedVector.of(new float[2]).values()).containsExactly(0, 0);
    assertThat(QuantizedVector.of(new float[2]).scale()).isEqualTo(1);
    assertThat(QuantizedVector.of(new float[0]).values()).isEmpty();
    assertThat(QuantizedVector.of(new float[] {Float.MIN_VALUE, -Float.MIN_VALUE}).values())
        .containsExactly(127, -127);
    assertThat(QuantizedVector.of(new float[] {Float.MAX_VALUE, -Float.MAX_VALUE}).values())
        .containsExactly(127, -127);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> QuantizedVector.of(new float[] {1, Float.NaN}))
        .withMessage("number 1 of the row is NaN, expected finite ones");
  }
}
