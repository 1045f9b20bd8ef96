package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Conv2d;
import dev.residual.inference.Network;
import dev.residual.nn.FormulaWeights;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Networks that blur before they halve, against PyTorch in double precision: torchvision's layers
 * with a fixed 3x3 convolution over a reflected image wherever timm's {@code resnetblur} has one.
 * The images' extents become odd and even.
 */
class BlurredNetworkTest {
  private static final CompileOptions OPTIONS = CompileOptions.DEFAULT.withMeasured(false);

  @ParameterizedTest
  @CsvSource({
    "resnetblur18, 2, 75, 98, -11.347116547683047, -6.061912915191194, 16.571547023451828, 45.45",
    "resnetblur50, 1, 97, 64, 849.4734963129256, 1600.1386108749196, 2098.544681710258, 7978"
  })
  void logitsAreThoseOfPyTorch(
      String name, int batch, int h, int w, double a, double b, double c, double largest) {
    Model model = ResNet.named(name).input(h, w).inference(batch);
    Weights weights = FormulaWeights.of(model.graph());
    try (Network network = Network.of(Backends.cpu(), model, weights, OPTIONS, DType.F32)) {
      float[] logits =
          network.run(FormulaWeights.images(DType.F32, model.images().shape(), batch)).toFloats();
      assertThat(new double[] {logits[0], logits[1], logits[2]})
          .containsExactly(new double[] {a, b, c}, within(1e-5 * largest));
    }
  }

  @Test
  void stepsAreThoseOfPyTorch() {
    Model model = ResNet.named("resnetblur18").classes(5).input(33, 22).training(4);
    TrainingGraph graph = TrainingGraph.of(model, new Sgd(0.9, 0), 0);
    Weights weights = FormulaWeights.of(model.graph());
    float[] images = FormulaWeights.images(DType.F32, model.images().shape(), 4).toFloats();
    MemorySegment labels = MemorySegment.ofArray(new int[] {3, 1, 0, 4});
    Batch batch = new Batch(MemorySegment.ofArray(images), Layout.ROW_MAJOR, labels, 4);
    double[] losses = new double[3];
    try (Trainer trainer = new Trainer(new ReferenceBackend(), OPTIONS, graph, weights)) {
      for (int step = 0; step < losses.length; step++) {
        losses[step] = trainer.step(batch, 0.01);
      }
    }
    assertThat(losses)
        .containsExactly(
            new double[] {1.9592833111128034, 0.2818572352487634, 0.04516174075297574},
            within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({
    "resnet50-v1",
    "resnet50-v2",
    "resnet20-cifar",
    "plain20-cifar",
    "resnet164-v2-cifar"
  })
  void everyPlanHalvesWithABlur(String name) {
    ResNet network = ResNet.named(name);
    ResNet blurred = ResNet.of("blurred", network.architecture().antialiased());
    assertThat(strided(blurred)).isLessThan(strided(network));
    assertThat(blurred.inference(1).logits().shape())
        .isEqualTo(network.inference(1).logits().shape());
    assertThat(Weights.values(blurred.inference(1).graph()))
        .isEqualTo(Weights.values(network.inference(1).graph()));
  }

  private static long strided(ResNet network) {
    return network.inference(1).graph().ops().stream()
        .filter(op -> op instanceof Conv2d conv && conv.window().isStrided())
        .count();
  }

  @Test
  void imagesTooSmallToHalveAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ResNet.named("resnetblur18").input(8, 8).inference(1))
        .withMessageContaining("layer3.0.aa blurs an image of at least 2x2");
  }
}
