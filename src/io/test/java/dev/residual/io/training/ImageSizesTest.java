package dev.residual.io.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ImageSizesTest {

  private static List<Integer> sides(int first, int last, int epochs) {
    ImageSizes sizes = new ImageSizes(first, last, epochs);
    return IntStream.range(0, epochs).mapToObj(sizes::at).toList();
  }

  @Test
  void imagesGrowOverThreeQuartersOfTheEpochs() {
    assertThat(sides(128, 224, 8)).containsExactly(128, 160, 160, 192, 192, 224, 224, 224);
    assertThat(sides(16, 32, 4)).containsExactly(16, 20, 28, 32);
  }

  @Test
  void theLastEpochHasWholeImagesHoweverFewThereAre() {
    assertThat(sides(128, 224, 1)).containsExactly(224);
    assertThat(sides(128, 224, 2)).containsExactly(128, 224);
    assertThat(sides(32, 224, 3)).containsExactly(32, 128, 224);
  }

  @Test
  void imagesThatShrinkAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ImageSizes(225, 224, 3))
        .withMessageContaining("from a side of 225 to 224");
  }
}
