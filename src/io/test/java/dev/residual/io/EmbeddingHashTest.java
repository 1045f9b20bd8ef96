package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.Backends;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.TrainedModel;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.TinyNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingHashTest {
  private static final EmbedderOptions OPTIONS = EmbedderOptions.DEFAULT.withThreads(1);
  private static final Weights WEIGHTS = TinyModels.weights();
  private static final TrainedModel TINY = TinyModels.of(WEIGHTS);

  private static String hash(TrainedModel model, EmbedderOptions options) {
    try (Embedder embedder = new Embedder(Backends.reference(), model, options)) {
      return embedder.hash();
    }
  }

  /** An index that was made elsewhere, or last year, is known again. */
  @Test
  void isTheSameEverywhere() {
    assertThat(hash(TINY, OPTIONS))
        .isEqualTo("c91a7fda63240537b60eb763a365fa1534cf3a556ac1bfb42724a6a81ae86b5c");
  }

  @Test
  void changesWithWhatRowsDependOn() {
    Tensor bias = Tensor.of(Shape.of(4), WEIGHTS.get("bn1.bias").toFloats());
    bias.set(0, Math.nextUp((float) bias.get(0)));
    ModelCard card =
        new ModelCard(
            null,
            0,
            List.of(),
            Normalization.of(new float[] {0.5f, 0.5f, 0.5f}, new float[] {1, 1, 1}),
            null);
    ResNet tiny = TinyNetwork.deep();
    ResNet renamed = ResNet.of("other", tiny.architecture()).classes(3).input(8, 8);
    ModelCard none = ModelCard.of(Map.of());
    assertThat(
            Set.of(
                hash(TINY, OPTIONS),
                hash(TinyModels.of(TinyModels.with(WEIGHTS, "bn1.bias", bias)), OPTIONS),
                hash(TinyModels.of(tiny, WEIGHTS, card), OPTIONS),
                hash(TinyModels.of(renamed, WEIGHTS, none), OPTIONS),
                hash(TinyModels.of(tiny.input(16, 16), WEIGHTS, none), OPTIONS),
                hash(TINY, OPTIONS.withValue("avgpool")),
                hash(TINY, OPTIONS.withNormalized(false)),
                hash(TINY, OPTIONS.withOrientation(Orientation.UPRIGHT)),
                hash(TINY, OPTIONS.withTransform(Transforms.centerCrop(8))),
                hash(TINY, OPTIONS.withTransform(Transforms.resizeCrop(9, 8)))))
        .hasSize(10);
  }

  @Test
  void staysWithWhatRowsDoNotDependOn(@TempDir Path folder) throws IOException {
    String hash = hash(TINY, OPTIONS);
    Path checkpoint = folder.resolve("tiny.pth");
    WeightFile.write(checkpoint, WEIGHTS);
    Tensor head = Tensor.zeros(DType.F32, Shape.of(3, 8));
    Tensor counter = Tensor.zeros(DType.I64, Shape.SCALAR);
    Weights counted = TinyModels.with(WEIGHTS, "bn1.num_batches_tracked", counter);
    Weights retrained = TinyModels.with(WEIGHTS, "linear.weight", head);
    Transform same = (image, random) -> Transforms.evaluation(8).apply(image, random);
    assertThat(
            List.of(
                hash(TrainedModel.read(TinyNetwork.deep(), checkpoint), OPTIONS),
                hash(TinyModels.of(counted), OPTIONS),
                hash(TinyModels.of(retrained), OPTIONS),
                hash(TINY, OPTIONS.withBatch(3).withSessions(2)),
                hash(TINY, OPTIONS.withTransform(same)),
                hash(TINY, OPTIONS.withValue("flatten"))))
        .containsOnly(hash);
  }

  @Test
  void aTransformThatCannotBeHashedIsRefused() {
    Transform narrow =
        (image, random) -> {
          throw new IllegalArgumentException("not from the camera");
        };
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hash(TINY, OPTIONS.withTransform(narrow)))
        .withMessage(
            "the transform must take an image of 331x487, by which it is hashed: not from the"
                + " camera");
  }
}
