package dev.residual.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.train.ConfusionMatrix;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.function.Predicate;
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
    long blue = pixels(picture, color -> color.getBlue() > color.getRed() + 20);
    long red = pixels(picture, color -> color.getRed() > color.getBlue() + 20);
    long square = (long) cell * cell;
    assertThat(blue)
        .as("all cells of the diagonal")
        .isBetween(classes * square / 2, classes * square);
    assertThat(red).as("one cell").isBetween(square / 2, square);
  }

  @Test
  void otherClassesGetAColumn() {
    long red = pixels(draw(10, 1), color -> color.getRed() > color.getBlue() + 20);
    assertThat(red).as("two cells").isBetween(3L * 64 * 64 / 2, 2L * 64 * 64);
  }

  /** Those above the legend that have a colour. */
  private static long pixels(BufferedImage picture, Predicate<Color> wanted) {
    int bottom = picture.getHeight() - 44;
    return IntStream.range(0, bottom * picture.getWidth())
        .mapToObj(i -> new Color(picture.getRGB(i % picture.getWidth(), i / picture.getWidth())))
        .filter(wanted)
        .count();
  }
}
