package dev.residual.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.residual.nn.FormulaWeights;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Networks;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.ArraySource;
import dev.residual.train.BatchSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WhiteningTest {
  private static final Shape KERNELS = Shape.of(24, 3, 2, 2);
  private static final Shape IMAGES = Shape.of(6, 3, 9, 8);

  /** Absolute values, since an eigenvector has no sign of its own. */
  private static final double[] FIRST = {
    0.1927861664, 0.2137066646, 0.0257535555, 0.0366516097, 0.0980217057, 0.1098822561,
    0.1426429092, 0.1580964259, 0.2078095094, 0.2259202321, 0.0990880181, 0.1174322539
  };

  private static final double[] LAST = {
    1.0954411442, 0.9130383188, 0.8111003502, 0.6961607787, 0.3117299800, 0.2690823397,
    0.7402632409, 0.6935646480, 1.1905213679, 1.0597856511, 0.7003556159, 0.6634017103
  };

  /** What torch.linalg.eigh makes of patches by unfold, in double precision. */
  @ParameterizedTest
  @EnumSource
  void weightsAreThoseOfPyTorch(Layout layout) {
    float[] weights = Whitening.of(KERNELS, source(layout, IMAGES.dim(0))).toFloats();
    for (int i = 0; i < 12; i++) {
      assertThat((double) Math.abs(weights[i])).isCloseTo(FIRST[i], within(1e-6));
      assertThat((double) Math.abs(weights[11 * 12 + i])).isCloseTo(LAST[i], within(1e-5));
    }
    double sum = 0;
    for (int i = 0; i < 12 * 12; i++) {
      assertThat(weights[12 * 12 + i]).isEqualTo(-weights[i]);
      sum += Math.abs(weights[i]);
    }
    assertThat(sum).isCloseTo(57.763811812, within(1e-4));
  }

  @Test
  void whatFillsUpTheLastBatchDoesNotCount() {
    float[] whole = Whitening.of(KERNELS, source(Layout.ROW_MAJOR, 6)).toFloats();
    assertThat(Whitening.of(KERNELS, source(Layout.ROW_MAJOR, 4)).toFloats()).isEqualTo(whole);
  }

  @Test
  void networksAreWhitenedWhereTheyWantIt() {
    ImageNetwork network = Networks.named("airbench-cifar").input(31, 31);
    Weights weights = network.firstWeights(1);
    BatchSource images = source(Layout.ROW_MAJOR, 6);
    Weights whitened = Whitening.of(network, weights, images);
    assertThat(whitened.get("whiten.weight").toFloats())
        .isEqualTo(Whitening.of(KERNELS, images).toFloats());
    assertThat(whitened.get("linear.weight")).isSameAs(weights.get("linear.weight"));
    assertThat(Whitening.of(Networks.named("resnet9-cifar"), weights, images)).isSameAs(weights);
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Whitening.of(Shape.of(12, 3, 2, 2), source(Layout.ROW_MAJOR, 6)))
        .withMessageContaining("12x3x2x2 cannot whiten");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Whitening.of(Shape.of(8, 1, 2, 2), source(Layout.ROW_MAJOR, 6)))
        .withMessageContaining("have no patches");
  }

  /** Running sums along the rows of noise, so that neighbours are alike. */
  private static BatchSource source(Layout layout, int batch) {
    Tensor noise = FormulaWeights.images(DType.F32, IMAGES, IMAGES.dim(0));
    double[] sums = noise.toDoubles();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += i % 8 == 0 ? 0 : sums[i - 1];
    }
    float[] images = new float[sums.length];
    for (int i = 0; i < images.length; i++) {
      int position = i % 72;
      int channel = i / 72 % 3;
      int image = i / 72 / 3;
      int at = layout == Layout.ROW_MAJOR ? i : (image * 72 + position) * 3 + channel;
      images[at] = (float) sums[i];
    }
    return ArraySource.evaluation(images, layout, new int[6], 1, IMAGES.with(0, batch));
  }
}
