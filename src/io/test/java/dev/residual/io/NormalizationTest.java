package dev.residual.io;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class NormalizationTest {

  @Test
  void writesMeanFreeColoursFromTheIndexOn() {
    Normalization normalization =
        Normalization.of(new float[] {0, 0.5f, 1}, new float[] {1, 0.5f, 0.25f});
    Pixels image = new Pixels(1, 2, new byte[] {0, 0, 0, -1, -1, -1});
    MemorySegment dst = MemorySegment.ofArray(new float[8]);

    normalization.write(image, dst, 1);

    assertThat(dst.toArray(JAVA_FLOAT)).containsExactly(0, 0, -1, -4, 1, 1, 0, 0);
  }

  @Test
  void memoryThatIsTooSmallIsRefused() {
    Pixels image = new Pixels(1, 2, new byte[6]);
    MemorySegment dst = MemorySegment.ofArray(new float[8]);

    assertThatThrownBy(() -> Normalization.IMAGENET.write(image, dst, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(dst.toArray(JAVA_FLOAT)).containsOnly(0);
  }

  @Test
  void deviationsMustBePositive() {
    assertThatThrownBy(() -> Normalization.of(new float[3], new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("above 0");
    assertThatThrownBy(() -> Normalization.of(new float[1], new float[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected 3 and 3");
  }
}
