package dev.residual.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.graph.Graph;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WeightsTest {
  private static final ResNet NETWORK = ResNet.named("resnet20-cifar");
  private static final Graph GRAPH = NETWORK.inference(1).graph();
  private static final Weights WEIGHTS = NETWORK.initializer(1).weights(GRAPH);

  @Test
  void weightsOfTheGraphFit() {
    WEIGHTS.check(GRAPH);
    WEIGHTS.check(NETWORK.training(8).graph());
  }

  @Test
  void anotherElementTypeAndCountersFit() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(WEIGHTS.tensors());
    tensors.replaceAll((name, tensor) -> tensor.to(DType.F16));
    tensors.put("bn1.num_batches_tracked", Tensor.zeros(DType.I64, Shape.SCALAR));
    new Weights(tensors).check(GRAPH);
  }

  @Test
  void differencesAreNamedWithTheirShapes() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(WEIGHTS.tensors());
    tensors.remove("conv1.weight");
    tensors.put("linear.weight", Tensor.zeros(DType.F32, Shape.of(100, 64)));
    tensors.put("extra", Tensor.zeros(DType.F32, Shape.of(3)));
    assertThatThrownBy(() -> new Weights(tensors).check(GRAPH))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the weights do not fit the graph: conv1.weight 16x3x3x3 is missing;"
                + " linear.weight is 100x64, expected 10x64; extra 3 is unexpected");
  }

  @Test
  void onlyTheFirstThreeDifferencesAreListed() {
    assertThatThrownBy(() -> new Weights(Map.of()).check(GRAPH))
        .hasMessageContaining("bn1.bias 16 is missing; and 94 more");
  }

  @Test
  void aMissingNameIsReported() {
    assertThatThrownBy(() -> WEIGHTS.get("conv9.weight"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no weights named conv9.weight among 97 tensors");
  }

  @Test
  void theMapIsAnUnmodifiableCopyInTheGivenOrder() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("z", Tensor.of(Shape.of(1), 1f));
    tensors.put("a", Tensor.of(Shape.of(1), 2f));
    Weights weights = new Weights(tensors);
    tensors.clear();
    assertThat(weights.tensors().keySet()).containsExactly("z", "a");
    assertThatThrownBy(() -> weights.tensors().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
