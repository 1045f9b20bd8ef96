package dev.residual.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.io.images.Pixels;
import dev.residual.io.images.SplitMix;
import dev.residual.io.images.Transforms;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrawnShapesTest {

  /**
   * Results of trainings are compared across machines and versions, so the images may not change.
   */
  @ParameterizedTest
  @CsvSource({"32, 200, d461f85d", "224, 10, 50f7ce80"})
  void imagesAreTheSameEverywhere(int side, int images, String crc32) {
    DrawnShapes set = new DrawnShapes(images, side, 1);
    CRC32 crc = new CRC32();
    for (int i = 0; i < images; i++) {
      crc.update(set.image(i).rgb());
    }
    assertThat(String.format("%08x", crc.getValue())).isEqualTo(crc32);
  }

  @Test
  void imagesDependOnSeedAndIndex() {
    DrawnShapes set = new DrawnShapes(20, 32, 5);

    assertThat(set.image(3).rgb()).isEqualTo(new DrawnShapes(500, 32, 5).image(3).rgb());
    assertThat(set.image(3).rgb()).isNotEqualTo(set.image(13).rgb());
    assertThat(set.image(3).rgb()).isNotEqualTo(new DrawnShapes(20, 32, 6).image(3).rgb());
  }

  @Test
  void aLargerImageShowsTheSameScene() {
    Pixels small = new DrawnShapes(10, 32, 1).image(4);
    Pixels large = new DrawnShapes(10, 224, 1).image(4);

    byte[] shrunk = Transforms.resizeCrop(32, 32).apply(large, new SplitMix(0)).rgb();
    double sum = 0;
    for (int i = 0; i < shrunk.length; i++) {
      sum += Math.abs((shrunk[i] & 0xFF) - (small.rgb()[i] & 0xFF));
    }
    assertThat(sum / shrunk.length).isLessThan(12);
  }

  @Test
  void classesTakeTurns() {
    DrawnShapes set = new DrawnShapes(23, 32, 1);

    assertThat(set.classes()).hasSize(10).isSorted();
    for (int i = 0; i < set.size(); i++) {
      assertThat(set.label(i)).isEqualTo(i % 10);
      assertThat(set.name(i)).isEqualTo(set.classes().get(i % 10) + "/" + i);
    }
    assertThatThrownBy(() -> set.image(23)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void figuresFillAThirdOfTheirSquareOrMore() {
    for (Figure figure : Figure.values()) {
      int inside = 0;
      for (double y = -1.3; y <= 1.3; y += 0.01) {
        for (double x = -1.3; x <= 1.3; x += 0.01) {
          double distance = figure.distance(x, y);
          inside += distance < 0 ? 1 : 0;
          // What is painted is a square of side 2.6 around the origin.
          assertThat(distance < 0 && Math.max(Math.abs(x), Math.abs(y)) > 1.15).isFalse();
        }
      }
      assertThat(inside * 0.0001).as("%s", figure).isBetween(0.7, 2.9);
    }
  }

  /** Softmax regression on pixels: what figures look like takes more than single pixels. */
  @Test
  void aLinearClassifierFails() {
    int train = 3000;
    int test = 1000;
    DrawnShapes set = new DrawnShapes(train + test, 32, 3);
    float[][] images = new float[set.size()][];
    for (int i = 0; i < images.length; i++) {
      byte[] rgb = set.image(i).rgb();
      images[i] = new float[rgb.length];
      for (int k = 0; k < rgb.length; k++) {
        images[i][k] = (rgb[k] & 0xFF) / 127.5f - 1;
      }
    }
    float[][] weights = new float[10][images[0].length];
    for (int epoch = 0; epoch < 8; epoch++) {
      for (int i = 0; i < train; i++) {
        double[] p = scores(weights, images[i]);
        double sum = 0;
        for (int c = 0; c < 10; c++) {
          p[c] = Math.exp(p[c]);
          sum += p[c];
        }
        for (int c = 0; c < 10; c++) {
          float gradient = (float) (p[c] / sum - (c == set.label(i) ? 1 : 0));
          for (int k = 0; k < weights[c].length; k++) {
            weights[c][k] -= 0.0003f * gradient * images[i][k];
          }
        }
      }
    }

    // It does learn the images it is shown, so that its failure on others is not the test's.
    assertThat(correct(weights, images, 0, train)).isGreaterThan(train / 5);
    assertThat(correct(weights, images, train, test)).isLessThan(test / 2);
  }

  private static int correct(float[][] weights, float[][] images, int from, int n) {
    int correct = 0;
    for (int i = from; i < from + n; i++) {
      double[] scores = scores(weights, images[i]);
      int best = 0;
      for (int c = 1; c < 10; c++) {
        best = scores[c] > scores[best] ? c : best;
      }
      correct += best == i % 10 ? 1 : 0;
    }
    return correct;
  }

  private static double[] scores(float[][] weights, float[] image) {
    double[] scores = new double[weights.length];
    for (int c = 0; c < scores.length; c++) {
      float sum = 0;
      for (int k = 0; k < image.length; k++) {
        sum += weights[c][k] * image[k];
      }
      scores[c] = sum;
    }
    return scores;
  }
}
