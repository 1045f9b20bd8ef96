package dev.residual.io.images;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Normalize;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
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
  void theOperationOfTheSameNameGivesTheSameFloats() {
    byte[] colours = new byte[3 * 256];
    for (int i = 0; i < colours.length; i++) {
      colours[i] = (byte) (i / 3);
    }
    float[] expected = new float[colours.length];
    Normalization.IMAGENET.write(new Pixels(16, 16, colours), MemorySegment.ofArray(expected), 0);

    Value src = Value.input("src", Shape.of(1, 3, 16, 16), DType.U8);
    Value dst = Value.activation("dst", src.shape());
    List<Float> mean = List.of(0.485f, 0.456f, 0.406f);
    List<Float> std = List.of(0.229f, 0.224f, 0.225f);
    float[] found = new float[colours.length];
    try (Session session = Backends.cpu().compile(Graph.of(new Normalize(src, mean, std, dst)))) {
      session.write(src, MemorySegment.ofArray(colours), Layout.CHANNELS_LAST);
      session.run();
      session.read(dst, MemorySegment.ofArray(found), Layout.CHANNELS_LAST);
    }
    assertThat(found).containsExactly(expected);
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
