package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.inference.Network;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ViewEvaluatorTest {
  private static final int IMAGES = 7;
  private static final int VIEWS = 3;
  private static final List<Double> WEIGHTS = List.of(0.5, 2.0, 0.25);
  private static final int CLASSES = TinyNetwork.CLASSES;
  private static final int BATCH = 4;

  /** The pixels of an image of the tiny network. */
  private static final int SIZE = 3 * 8 * 8;

  private final float[] pixels = new float[IMAGES * VIEWS * SIZE];
  private final int[] labels = new int[IMAGES * VIEWS];
  private final ViewEvaluator evaluator =
      new ViewEvaluator(IMAGES, CLASSES, ViewAverage.PROBABILITIES);

  ViewEvaluatorTest() {
    Random random = new Random(11);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < labels.length; i++) {
      labels[i] = i / VIEWS * 5 % CLASSES;
    }
  }

  private static Network network() {
    return Network.of(
        Backends.reference(),
        TinyNetwork.inference(BATCH),
        TinyNetwork.weights(3),
        CompileOptions.DEFAULT,
        DType.F32);
  }

  private BatchSource views() {
    return ArraySource.evaluation(
        pixels, Layout.ROW_MAJOR, labels, CLASSES, Shape.of(BATCH, 3, 8, 8));
  }

  /** The weighted mean of the softmax of each image's views, by the definition. */
  private double[][] means(Network network) {
    float[] logits = network.run(pixels);
    double[][] means = new double[IMAGES][CLASSES];
    for (int view = 0; view < IMAGES * VIEWS; view++) {
      double total = 0;
      for (int c = 0; c < CLASSES; c++) {
        total += Math.exp(logits[view * CLASSES + c]);
      }
      for (int c = 0; c < CLASSES; c++) {
        double probability = Math.exp(logits[view * CLASSES + c]) / total;
        means[view / VIEWS][c] += WEIGHTS.get(view % VIEWS) * probability / 2.75;
      }
    }
    return means;
  }

  @Test
  void probabilitiesOfAllViewsAreAveraged() {
    List<Integer> progress = new ArrayList<>();
    try (Network network = network()) {
      evaluator.add(network, views(), WEIGHTS, progress::add);
      evaluator.add(network, views(), WEIGHTS, done -> {});
      double[][] means = means(network);
      int right = 0;
      for (int i = 0; i < IMAGES; i++) {
        int best = 0;
        for (int c = 0; c < CLASSES; c++) {
          assertThat(evaluator.probabilities(i)[c]).isCloseTo(means[i][c], Offset.offset(1e-6));
          best = means[i][c] > means[i][best] ? c : best;
        }
        right += best == labels[i * VIEWS] ? 1 : 0;
        PredictedImage image = evaluator.predictions().images().get(i);
        assertThat(image.predicted()).isEqualTo(best);
        assertThat(image.probability()).isCloseTo(means[i][best], Offset.offset(1e-6));
        assertThat(Math.exp(-image.loss()))
            .isCloseTo(means[i][labels[i * VIEWS]], Offset.offset(1e-6));
      }
      assertThat(evaluator.accuracy()).isEqualTo(new Accuracy(IMAGES, right, IMAGES));
      assertThat(right).isBetween(1, IMAGES - 1);
    }
    assertThat(progress).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void logitsAreAveragedOnRequest() {
    ViewEvaluator other = new ViewEvaluator(IMAGES, CLASSES, ViewAverage.LOGITS);
    try (Network network = network()) {
      other.add(network, views(), WEIGHTS, done -> {});
      evaluator.add(network, views(), WEIGHTS, done -> {});
      float[] logits = network.run(pixels);
      for (int i = 0; i < IMAGES; i++) {
        double[] odds = new double[CLASSES];
        double total = 0;
        for (int c = 0; c < CLASSES; c++) {
          double mean = 0;
          for (int view = 0; view < VIEWS; view++) {
            mean += WEIGHTS.get(view) / 2.75 * logits[(i * VIEWS + view) * CLASSES + c];
          }
          odds[c] = Math.exp(mean);
          total += odds[c];
        }
        for (int c = 0; c < CLASSES; c++) {
          assertThat(other.probabilities(i)[c]).isCloseTo(odds[c] / total, Offset.offset(1e-6));
        }
      }
      assertThat(other.probabilities(0)).isNotEqualTo(evaluator.probabilities(0));
    }
  }

  @Test
  void otherNumbersAndLabelsAreRefused() {
    assertThatIllegalStateException().isThrownBy(evaluator::accuracy);
    try (Network network = network()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> evaluator.add(network, views(), List.of(1.0, 1.0), done -> {}))
          .withMessageContaining("21 views of 4x3x8x8", "expected 2 views of each of 7 images");
      labels[4] = (labels[3] + 1) % CLASSES;
      assertThatIllegalArgumentException()
          .isThrownBy(() -> evaluator.add(network, views(), WEIGHTS, done -> {}))
          .withMessage(
              "a view of image 1 has the label %d: expected %d".formatted(labels[4], labels[3]));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ViewEvaluator(50_000, 50_000, ViewAverage.LOGITS))
        .withMessageContaining("50000 images of 50000 classes");
  }

  @ParameterizedTest
  @EnumSource
  void aScoreThatIsNoNumberIsNotRight(ViewAverage average) {
    Weights weights = TinyNetwork.weights(3);
    Tensor bias = Tensor.zeros(DType.F32, weights.get("linear.bias").shape());
    for (int c = 0; c < CLASSES; c++) {
      bias.set(c, Double.NaN);
      Map<String, Tensor> spoilt = new HashMap<>(weights.tensors());
      spoilt.put("linear.bias", bias);
      ViewEvaluator views = new ViewEvaluator(IMAGES, CLASSES, average);
      try (Network network = network()) {
        network.write(new Weights(spoilt));
        views.add(network, views(), WEIGHTS, done -> {});
      }
      assertThat(views.accuracy().top1()).as("class %d and those before it", c).isEqualTo(0);
    }
  }
}
