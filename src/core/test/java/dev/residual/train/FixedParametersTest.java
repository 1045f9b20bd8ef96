package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.BiasGradient;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.nn.FormulaWeights;
import dev.residual.nn.Model;
import dev.residual.nn.Networks;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks of which some parameters stay as they are. */
class FixedParametersTest {
  private static final Shape IMAGES = Shape.of(4, 3, 32, 32);
  private static final Sgd SGD = new Sgd(0.9, 1e-3, true, true);

  /** Losses of four steps by PyTorch 2.13 in double precision, without the fixed parameters. */
  @ParameterizedTest
  @CsvSource({
    "resnet9-cifar, 2.3717096908, 1.3116956918, 1.2351617321, 1.1632396035",
    "airbench-cifar, 2.2833756297, 1.8911434176, 1.5586521325, 1.3170824334"
  })
  void stepsOfFastNetworksAreThoseOfPyTorch(
      String name, double first, double second, double third, double fourth) {
    Model model = Networks.named(name).training(4);
    Weights weights = FormulaWeights.of(model.graph());
    List<Double> losses = new ArrayList<>();
    try (Trainer trainer = trainer(model, weights)) {
      for (int step = 0; step < 4; step++) {
        losses.add(trainer.step(batch(), 0.05));
      }
      for (String fixed : model.fixed()) {
        assertThat(trainer.weights().get(fixed).toFloats())
            .isEqualTo(weights.get(fixed).toFloats());
      }
      assertThat(model.fixed()).hasSize(name.startsWith("airbench") ? 7 : 0);
      assertThat(trainer.graph().graph().ops())
          .filteredOn(BiasGradient.class::isInstance)
          .hasSize(name.startsWith("airbench") ? 1 : 0);
    }
    double[] expected = {first, second, third, fourth};
    for (int step = 0; step < expected.length; step++) {
      assertThat(losses.get(step)).as("step %d", step).isCloseTo(expected[step], within(5e-4));
    }
  }

  @Test
  void frozenLayersKeepWeightsAndStatistics() {
    Model whole = ResNet.named("resnet20-cifar").training(4);
    Model model = whole.freeze(name -> !name.startsWith("layer3.2.") && !name.startsWith("linear"));
    Weights weights = FormulaWeights.of(model.graph());
    assertThat(model.graph().ops()).filteredOn(BatchNorm.class::isInstance).hasSize(2);
    assertThat(model.graph().ops()).filteredOn(BatchNormInference.class::isInstance).hasSize(17);
    assertThat(Weights.values(model.graph())).isEqualTo(Weights.values(whole.graph()));
    TrainingGraph graph = TrainingGraph.of(model, SGD, 0.2);
    assertThat(graph.gradients()).hasSize(8);
    // The backward pass ends at the first layer that is trained.
    assertThat(graph.graph().ops()).filteredOn(Conv2dBackwardWeights.class::isInstance).hasSize(2);
    assertThat(graph.graph().values()).noneMatch(value -> value.name().contains("diff_layer3.1"));
    try (Trainer trainer = trainer(model, weights)) {
      double loss = trainer.step(batch(), 1e-4);
      trainer.step(batch(), 1e-4);
      assertThat(trainer.step(batch(), 1e-4)).isLessThan(loss);
      Weights after = trainer.weights();
      for (String name : weights.tensors().keySet()) {
        boolean isTrained = name.startsWith("layer3.2.") || name.startsWith("linear");
        float[] before = weights.get(name).toFloats();
        if (isTrained) {
          assertThat(after.get(name).toFloats()).as(name).isNotEqualTo(before);
        } else {
          assertThat(after.get(name).toFloats()).as(name).isEqualTo(before);
        }
      }
    }
  }

  @Test
  void aNormOfWhichTheShiftIsTrainedTakesTheStatisticsOfTheBatch() {
    Model model = ResNet.named("resnet20-cifar").training(4).freeze(n -> n.equals("bn1.weight"));
    assertThat(model.graph().ops()).noneMatch(BatchNormInference.class::isInstance);
    assertThat(model.fixed()).containsExactly("bn1.weight");
    assertThat(model.freeze(n -> n.equals("bn1.bias")).fixed())
        .containsExactlyInAnyOrder("bn1.weight", "bn1.bias");
  }

  @Test
  void aNormWhoseScaleIsFixedAnywayKeepsItsStatisticsWithItsShiftFrozen() {
    Model model = Networks.named("airbench-cifar").training(4);
    long norms = model.graph().ops().stream().filter(BatchNorm.class::isInstance).count();
    Model frozen = model.freeze(name -> name.equals("group1.norm1.bias"));
    assertThat(frozen.graph().ops().stream().filter(BatchNorm.class::isInstance))
        .hasSize((int) norms - 1);
  }

  @Test
  void allNormsCanKeepTheirStatisticsWhileTheirParametersAreTrained() {
    Model model = ResNet.named("resnet20-cifar").dropout(0.5).training(4).withFrozenNorms();
    assertThat(model.graph().ops()).noneMatch(BatchNorm.class::isInstance);
    assertThat(model.trained()).hasSize(19 * 3 + 2);
    assertThat(model.graph().contains(model.graph().value("dropout"))).isTrue();
  }

  @Test
  void thereMustBeSomethingToTrain() {
    Model model = ResNet.named("resnet20-cifar").training(4).freeze(name -> true);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TrainingGraph.of(model, SGD, 0))
        .withMessage("resnet20-cifar has no parameters that are trained");
  }

  private static Trainer trainer(Model model, Weights weights) {
    TrainingGraph graph = TrainingGraph.of(model, SGD, 0.2);
    return new Trainer(Backends.cpu(), CompileOptions.DEFAULT, graph, weights);
  }

  private static Batch batch() {
    float[] images = FormulaWeights.images(DType.F32, IMAGES, 4).toFloats();
    MemorySegment labels = MemorySegment.ofArray(new int[] {3, 1, 4, 1});
    return new Batch(MemorySegment.ofArray(images), Layout.ROW_MAJOR, labels, 4);
  }
}
