package dev.residual.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.train.ConfusionMatrix;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfusionPictureTest {

  /** All right but for a quarter of the first class, which is taken for the last. */
  private static BufferedImage draw(int classes, int others) {
    List<Integer> numbers = IntStream.range(0, classes).boxed().toList();
    int[][] counts = new int[classes][classes + 1];
    for (int i = 0; i < classes; i++) {
      counts[i][i] = 8;
    }
    counts[0][0] = 6;
    counts[0][classes - 1] = 2;
    counts[1][classes] = others;
    List<String> names = numbers.stream().map(i -> "a class with a long name, " + i).toList();
    return ConfusionPicture.draw(new ConfusionMatrix(numbers, counts), names);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 10, 75, 76, 300, 1000})
  void theDiagonalIsBlueAndMistakesAreRed(int classes) {
    BufferedImage picture = draw(classes, 0);
    int cell = Math.clamp(900 / classes, 2, 64);
    assertThat(picture.getHeight()).isBetween(classes * cell, classes * cell + 280);
    int blue = 0;
    int red = 0;
    int bottom = picture.getHeight() - 44;
    for (int y = 0; y < bottom; y++) {
      for (int x = 0; x < picture.getWidth(); x++) {
        Color color = new Color(picture.getRGB(x, y));
        blue += color.getBlue() > color.getRed() + 20 ? 1 : 0;
        red += color.getRed() > color.getBlue() + 20 ? 1 : 0;
      }
    }
    int square = cell * cell;
    assertThat(blue)
        .as("all cells of the diagonal")
        .isBetween(classes * square / 2, classes * square);
    assertThat(red).as("one cell").isBetween(square / 2, square);
  }

  @Test
  void otherClassesGetAColumn() {
    assertThat(draw(40, 1).getWidth() - draw(40, 0).getWidth()).isBetween(-40, 20);
    assertThat(draw(76, 1).getHeight()).isLessThanOrEqualTo(draw(76, 0).getHeight());
  }
}
