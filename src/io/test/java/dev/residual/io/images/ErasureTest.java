package dev.residual.io.images;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ErasureTest {

  /** What RandomErasing.get_params of torchvision 0.28 gives for the same uniform numbers. */
  @Test
  void rectanglesAreTorchvisions() {
    requireBox(32, 32, new Box(10, 10, 13, 13), 0, 0.5, 0.5, 0.5, 0.5);
    requireBox(32, 32, new Box(30, 0, 2, 8), 0, 0, 0, 0.99, 0.01);
    // The first two make a rectangle that is too high.
    requireBox(32, 32, new Box(8, 9, 5, 10), 0, 0.999, 0.999, 0.1, 0.2, 0.3, 0.4);
    requireBox(224, 224, new Box(85, 55, 103, 40), 0, 0.2, 0.9, 0.7, 0.3);
    requireBox(100, 37, new Box(34, 19, 16, 5), 2, 0.9, 0.1, 0, 0.999, 0.4, 0.6, 0.6, 0.3);
    // The first is as high as the image.
    requireBox(8, 64, new Box(3, 29, 2, 6), 0, 0.3407, 0.5, 0, 0, 0.5, 0.5);
    double[] none = new double[20];
    Arrays.fill(none, 0.99);
    requireBox(8, 64, null, 0, none);
  }

  private static void requireBox(int height, int width, Box expected, int left, double... numbers) {
    ScriptedRandom random = new ScriptedRandom(numbers);
    assertThat(RandomErasing.box(height, width, random)).isEqualTo(expected);
    assertThat(random.left()).isEqualTo(left);
  }

  private static final int H = 6;
  private static final int W = 5;

  /** The second of three images of ones, after a change; a row for each row of pixels. */
  private static String[] changed(Erasure erasure, java.util.random.RandomGenerator random) {
    float[] ones = new float[3 * 3 * H * W];
    Arrays.fill(ones, 1);
    MemorySegment images = MemorySegment.ofArray(ones);
    erasure.apply(images, 3 * H * W, H, W, random);
    String[] rows = new String[H];
    for (int y = 0; y < H; y++) {
      StringBuilder row = new StringBuilder();
      for (int i = 3 * y * W; i < 3 * (y + 1) * W; i += 3) {
        float[] pixel = Arrays.copyOfRange(ones, 3 * H * W + i, 3 * H * W + i + 3);
        row.append(pixel[0] == 1 ? '.' : pixel[0] == 0 && pixel[2] == 0 ? '0' : 'x');
      }
      rows[y] = row.toString();
    }
    for (int i = 0; i < 3 * H * W; i++) {
      assertThat(images.getAtIndex(JAVA_FLOAT, i)).isEqualTo(1);
      assertThat(images.getAtIndex(JAVA_FLOAT, 2L * 3 * H * W + i)).isEqualTo(1);
    }
    return rows;
  }

  @Test
  void theRectangleBecomesTheMeanColorOrNoise() {
    RandomErasing erasing = new RandomErasing(0.5, false);
    // An area of 5.25 of 30 pixels, ratio 1: 2 x 2 at row 2, column 1.
    double[] numbers = {0.49, 0.5, 0.5, 0.4, 0.3};
    assertThat(changed(erasing, new ScriptedRandom(numbers)))
        .containsExactly(".....", ".....", ".00..", ".00..", ".....", ".....");
    assertThat(changed(erasing, new ScriptedRandom(0.5))).containsOnly(".....");
    String noise = String.join("", changed(new RandomErasing(1, true), new SplitMix(3)));
    assertThat(noise).contains("x").contains(".").doesNotContain("0");
  }

  @Test
  void cutoutMayReachOverTheEdges() {
    assertThat(changed(new Cutout(4), new ScriptedRandom(0.99, 0.0)))
        .containsExactly(".....", ".....", ".....", "00...", "00...", "00...");
    assertThat(changed(new Cutout(2), new ScriptedRandom(0.5, 0.5)))
        .containsExactly(".....", ".....", ".00..", ".00..", ".....", ".....");
    assertThat(changed(new Cutout(100), new SplitMix(1))).containsOnly("00000");
  }

  @Test
  void rangesAreChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RandomErasing(1.5, false))
        .withMessage("the probability of erasing is 1.5, expected 0 to 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Cutout(-1))
        .withMessage("the side of the cutout is -1, expected 0 to 2048");
  }
}
