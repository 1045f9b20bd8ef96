package dev.residual.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BatchNormFoldingTest {
  private static final Window WINDOW = Window.square(1, 1, 0);

  private final GraphBuilder builder = new GraphBuilder();
  private final Value src = builder.input("src", Shape.of(1, 1, 2, 2));
  private final Value kernel = builder.parameter("conv.weight", Shape.of(2, 1, 1, 1));
  private final Weights weights =
      new Weights(
          Map.of(
              "conv.weight", Tensor.of(Shape.of(2, 1, 1, 1), 3f, -1f),
              "bn.weight", Tensor.of(Shape.of(2), 4f, 10f),
              "bn.bias", Tensor.of(Shape.of(2), 0.5f, 1f),
              "bn.running_mean", Tensor.of(Shape.of(2), 2f, -3f),
              "bn.running_var", Tensor.of(Shape.of(2), 3.75f, 24.75f)));

  @Test
  void scaleAndShiftBecomeWeightsAndBias() {
    Value conv = builder.conv2d("conv", src, kernel, null, WINDOW, 1);
    Value dst = norm(conv);
    Folded folded = BatchNormFolding.fold(builder.build(dst), weights);
    assertThat(folded.graph().ops()).singleElement().isInstanceOf(Conv2d.class);
    assertThat(folded.graph().outputs()).containsExactly(dst);
    assertThat(folded.weights().tensors()).containsOnlyKeys("conv.weight", "conv.bias");
    // With epsilon 0.25 the deviations are 2 and 5, so both factors are 2.
    assertThat(folded.weights().get("conv.weight").toDoubles()).containsExactly(6, -2);
    assertThat(folded.weights().get("conv.bias").toDoubles()).containsExactly(-3.5, 7);
    assertThat(weights.get("conv.weight").toDoubles()).containsExactly(3, -1);
  }

  @Test
  void anOldBiasIsScaled() {
    Value bias = builder.parameter("conv.bias", Shape.of(2));
    Value dst = norm(builder.conv2d("conv", src, kernel, bias, WINDOW, 1));
    Map<String, Tensor> tensors = new HashMap<>(weights.tensors());
    tensors.put("conv.bias", Tensor.of(Shape.of(2), 1f, 2f));
    Folded folded = BatchNormFolding.fold(builder.build(dst), new Weights(tensors));
    assertThat(folded.weights().get("conv.bias").toDoubles()).containsExactly(-1.5, 11);
  }

  @Test
  void aConvolutionThatIsReadElsewhereStays() {
    Value conv = builder.conv2d("conv", src, kernel, null, WINDOW, 1);
    Graph graph = builder.build(builder.add("sum", norm(conv), conv));
    Folded folded = BatchNormFolding.fold(graph, weights);
    assertThat(folded.graph().ops()).isEqualTo(graph.ops());
    assertThat(folded.weights().get("conv.weight")).isSameAs(weights.get("conv.weight"));
  }

  @Test
  void aConvolutionThatIsAnOutputStays() {
    Value conv = builder.conv2d("conv", src, kernel, null, WINDOW, 1);
    Graph graph = builder.build(norm(conv), conv);
    assertThat(BatchNormFolding.fold(graph, weights).graph().ops()).isEqualTo(graph.ops());
  }

  @Test
  void sharedKernelsStay() {
    Value conv = builder.conv2d("conv", src, kernel, null, WINDOW, 1);
    Value twin = builder.conv2d("twin", src, kernel, null, WINDOW, 1);
    Graph graph = builder.build(builder.add("sum", norm(conv), twin));
    assertThat(BatchNormFolding.fold(graph, weights).graph().ops()).isEqualTo(graph.ops());
  }

  @Test
  void theFusedSumAndReluMoveIntoTheConvolution() {
    Value conv = builder.conv2d("conv", src, kernel, null, WINDOW, 1);
    Value add =
        builder.conv2d(
            "side", src, builder.parameter("side.weight", kernel.shape()), null, WINDOW, 1);
    Value dst = Value.activation("dst", conv.shape());
    builder.add(
        new BatchNormInference(
            conv,
            vector("bn.weight"),
            vector("bn.bias"),
            statistic("bn.running_mean"),
            statistic("bn.running_var"),
            add,
            dst,
            0.25,
            true));
    Map<String, Tensor> tensors = new HashMap<>(weights.tensors());
    tensors.put("side.weight", Tensor.of(kernel.shape(), 1f, 1f));
    Graph graph = BatchNormFolding.fold(builder.build(dst), new Weights(tensors)).graph();
    assertThat(graph.ops()).hasSize(2);
    Conv2d last = (Conv2d) graph.ops().getLast();
    assertThat(last.add()).isEqualTo(add);
    assertThat(last.relu()).isTrue();
  }

  @Test
  void aResNetKeepsNoNormalisation() {
    ResNet network = ResNet.named("resnet50");
    Graph graph = network.inference(1).graph();
    Folded folded = BatchNormFolding.fold(graph, network.initializer(1).weights(graph));
    assertThat(count(folded.graph(), BatchNormInference.class)).isZero();
    assertThat(count(folded.graph(), Conv2d.class)).isEqualTo(53);
    assertThat(folded.graph().ops()).allMatch(op -> !(op instanceof Conv2d c) || c.bias() != null);
    assertThat(folded.weights().tensors()).hasSize(2 * 54).containsKey("conv1.bias");
    folded.weights().check(folded.graph());
  }

  @Test
  void preActivationsAfterASumStay() {
    ResNet network = ResNet.named("resnet50-v2");
    Graph graph = network.inference(1).graph();
    Folded folded = BatchNormFolding.fold(graph, network.initializer(1).weights(graph));
    assertThat(count(folded.graph(), BatchNormInference.class)).isEqualTo(16 + 1);
    assertThat(count(folded.graph(), Conv2d.class)).isEqualTo(53);
  }

  @Test
  void weightsOfAnotherGraphAreRefused() {
    Value dst = norm(builder.conv2d("conv", src, kernel, null, WINDOW, 1));
    Graph graph = builder.build(dst);
    assertThatThrownBy(() -> BatchNormFolding.fold(graph, new Weights(Map.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("conv.weight 2x1x1x1 is missing");
  }

  private Value norm(Value conv) {
    return builder.batchNormInference(
        "bn",
        conv,
        vector("bn.weight"),
        vector("bn.bias"),
        statistic("bn.running_mean"),
        statistic("bn.running_var"),
        0.25);
  }

  private Value vector(String name) {
    return builder.parameter(name, Shape.of(2));
  }

  private Value statistic(String name) {
    return builder.state(name, Shape.of(2));
  }

  private static long count(Graph graph, Class<? extends Op> kind) {
    List<Op> ops = graph.ops();
    return ops.stream().filter(kind::isInstance).count();
  }
}
