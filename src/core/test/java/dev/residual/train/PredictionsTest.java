package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PredictionsTest {

  /** PyTorch's softmax and cross_entropy of these logits in double precision. */
  @Test
  void probabilityAndLossAreThoseOfPyTorch() {
    float[] logits = {9, 2, -1, 0.5f, 3.25f, 90, -90, 0, 90};
    PredictedImage wrong = PredictedImage.of(logits, 1, 4, 2);
    assertThat(wrong.predicted()).isEqualTo(3);
    assertThat(wrong.probability()).isCloseTo(0.7327634479713183, Offset.offset(1e-12));
    assertThat(wrong.loss()).isCloseTo(3.0609323468180665, Offset.offset(1e-12));
    PredictedImage hopeless = PredictedImage.of(logits, 5, 4, 1);
    assertThat(hopeless.predicted()).as("the first of equal ones").isZero();
    assertThat(hopeless.probability()).isCloseTo(0.5, Offset.offset(1e-12));
    assertThat(hopeless.loss()).isCloseTo(180.69314718055995, Offset.offset(1e-9));
    assertThat(PredictedImage.of(new float[] {1, Float.NaN}, 0, 2, 1).isRight()).isTrue();
  }

  private static Predictions predictions(int classes, int[][] pairs) {
    List<PredictedImage> images =
        Stream.of(pairs)
            .map(pair -> new PredictedImage(pair[0], pair[1], 0.5, pair.length > 2 ? pair[2] : 0))
            .toList();
    return new Predictions(classes, images);
  }

  @Test
  void theWorstImagesComeFirst() {
    Predictions predictions = predictions(2, new int[][] {{0, 0, 1}, {0, 1, 7}, {1, 1, 3}});
    assertThat(predictions.worst(2)).containsExactly(1, 2);
    assertThat(predictions.worst(9)).containsExactly(1, 2, 0);
  }

  @Test
  void aConfusionMatrixCountsClassesWithoutImagesTogether() {
    ConfusionMatrix matrix =
        ConfusionMatrix.of(
            predictions(6, new int[][] {{4, 4}, {1, 4}, {1, 1}, {4, 4}, {1, 0}, {1, 5}}));
    assertThat(matrix.classes()).containsExactly(1, 4);
    assertThat(matrix.counts()).isDeepEqualTo(new int[][] {{1, 1, 2}, {0, 2, 0}});
    assertThat(matrix.images(0)).isEqualTo(4);
    assertThat(matrix.accuracy(0)).isEqualTo(0.25);
    assertThat(matrix.accuracy(1)).isEqualTo(1);
    assertThat(matrix.hasOthers()).isTrue();
  }

  @Test
  void whereAllClassesHaveImagesThereAreNoOthers() {
    ConfusionMatrix matrix = ConfusionMatrix.of(predictions(2, new int[][] {{0, 1}, {1, 1}}));
    assertThat(matrix.counts()).isDeepEqualTo(new int[][] {{0, 1, 0}, {0, 1, 0}});
    assertThat(matrix.hasOthers()).isFalse();
  }
}
