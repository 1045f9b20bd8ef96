package dev.residual.graph.passes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.RandomInputs;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Binary;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Eltwise;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.Mode;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FusionTest {
  private static final Predicate<Op> ALL = op -> true;
  private static final Predicate<Op> NO_ADD =
      op ->
          !(op instanceof BatchNorm norm && norm.add() != null)
              && !(op instanceof BatchNormBackward gradient
                  && (gradient.diffAdd() != null || gradient.diffDstAdd() != null));

  private static final Shape IMAGES = Shape.of(2, 4, 5, 6);
  private static final Shape CHANNELS = Shape.of(4);

  private static Graph training(String name) {
    GraphBuilder builder = new GraphBuilder();
    ResNet network = ResNet.named(name).classes(10).input(32, 32);
    Value images = builder.input("images", Shape.of(2, 3, 32, 32));
    Value logits = network.addTo(builder, images, Mode.TRAINING);
    Value labels = Value.input("labels", Shape.of(2), DType.I32);
    Value loss = builder.softmaxCrossEntropy("loss", logits, labels, 0);
    Graph forward = builder.build(logits, loss);
    return Gradients.of(forward, loss, forward.values(Role.PARAMETER)).graph();
  }

  private static Map<String, Long> kinds(Graph graph) {
    return graph.ops().stream()
        .map(Op::kind)
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  @Test
  void allReluOfATrainedNetworkJoinBatchNorms() {
    Map<String, Long> kinds = kinds(Fusion.fuse(training("resnet50"), ALL));
    assertThat(kinds)
        .containsEntry("BatchNorm", 53L)
        .containsEntry("BatchNormBackward", 53L)
        .doesNotContainKeys("Relu", "ReluBackward");
    // What is left adds the gradients of the two branches of the first block, for the pooling.
    assertThat(kinds).containsEntry("Add", 1L);
  }

  @Test
  void withoutFusedAddOnlyInnerReluJoin() {
    Map<String, Long> kinds = kinds(Fusion.fuse(training("resnet50"), NO_ADD));
    assertThat(kinds).containsEntry("Relu", 16L).containsEntry("ReluBackward", 16L);
  }

  @Test
  void batchNormAddsTheTwoGradientsThatMeetAtTheBeginningOfABlock() {
    List<Op> ops = Fusion.fuse(training("resnet20-cifar"), ALL).ops();
    List<BatchNormBackward> sums =
        ops.stream()
            .filter(op -> op instanceof BatchNormBackward norm && norm.diffDstAdd() != null)
            .map(BatchNormBackward.class::cast)
            .toList();
    // Those of the stem and of all blocks but the last.
    assertThat(sums).hasSize(9);
    assertThat(ops).noneMatch(Add.class::isInstance);
  }

  @Test
  void aSumOfGradientsThatAnotherOperationReadsStays() {
    GraphBuilder builder = new GraphBuilder();
    Value src = builder.input("src", Shape.of(1, 2, 4, 4));
    Value scale = builder.parameter("scale", Shape.of(2));
    Value shift = builder.parameter("shift", Shape.of(2));
    Value mean = Value.state("mean", Shape.of(2), DType.F32);
    Value variance = Value.state("variance", Shape.of(2), DType.F32);
    Value norm = builder.batchNorm("bn", src, scale, shift, mean, variance, 1e-5, 0.1);
    Value sum = builder.add("twice", norm, builder.relu("relu", norm));
    Graph forward = builder.build(sum);
    Value seed = Value.input("seed", sum.shape(), DType.F32);
    Graph gradients = Gradients.of(forward, Map.of(sum, seed), List.of(src)).graph();
    Value diff =
        gradients.ops().stream()
            .filter(BatchNormBackward.class::isInstance)
            .map(op -> ((BatchNormBackward) op).diffDst())
            .findFirst()
            .orElseThrow();
    List<Value> outputs = new ArrayList<>(gradients.outputs());
    outputs.add(diff);
    Graph read = new Graph(gradients.ops(), outputs);
    assertThat(kinds(Fusion.fuse(gradients, ALL)).getOrDefault("Add", 0L)).isEqualTo(1L);
    assertThat(kinds(Fusion.fuse(read, ALL)).getOrDefault("Add", 0L)).isEqualTo(2L);
  }

  @Test
  void keepsTheGraphWhereNothingIsSupported() {
    Graph graph = training("resnet20-cifar");
    assertThat(Fusion.fuse(graph, op -> false).ops()).isEqualTo(graph.ops());
  }

  @Test
  void keepsOutputsAndTheNamesOfGradients() {
    Graph graph = training("resnet20-cifar");
    assertThat(Fusion.fuse(graph, ALL).outputs()).isEqualTo(graph.outputs());
  }

  @Test
  void keepsAnIntermediateThatIsAnOutput() {
    GraphBuilder builder = new GraphBuilder();
    Value src = builder.input("src", Shape.of(1, 2, 4, 4));
    Value weights = builder.parameter("weights", Shape.of(2, 2, 1, 1));
    Value conv = builder.conv2d("conv", src, weights, null, Window.square(1, 1, 0), 1);
    Value relu = builder.relu("relu", conv);
    Graph graph = builder.build(conv, relu);
    assertThat(Fusion.fuse(graph, ALL).ops()).isEqualTo(graph.ops());
  }

  @Test
  void convolutionTakesTheAddOfAPreActivationBlock() {
    GraphBuilder builder = new GraphBuilder();
    Value src = builder.input("src", Shape.of(1, 2, 4, 4));
    Value weights = builder.parameter("weights", Shape.of(2, 2, 1, 1));
    Value conv = builder.conv2d("conv", src, weights, null, Window.square(1, 1, 0), 1);
    Graph fused = Fusion.fuse(builder.build(builder.add("sum", src, conv)), ALL);
    assertThat(fused.ops())
        .singleElement()
        .isInstanceOfSatisfying(
            Conv2d.class,
            op -> {
              assertThat(op.add()).isEqualTo(src);
              assertThat(op.relu()).isFalse();
            });
    assertThat(List.copyOf(fused.outputs())).extracting(Value::name).containsExactly("sum");
  }

  @Test
  void aValueTimesItsSigmoidIsOneFunction() {
    Value src = Value.input("src", CHANNELS);
    Value gate = Value.activation("gate", CHANNELS);
    Value dst = Value.activation("dst", CHANNELS);
    Eltwise sigmoid = new Eltwise(src, gate, Eltwise.Function.SIGMOID, 0, 0);
    for (List<Value> operands : List.of(List.of(src, gate), List.of(gate, src))) {
      Binary product = new Binary(operands.get(0), operands.get(1), dst, Binary.Function.MUL);
      Graph graph = new Graph(List.of(sigmoid, product), List.of(dst));
      assertThat(Fusion.fuse(graph, ALL).ops())
          .containsExactly(new Eltwise(src, dst, Eltwise.Function.SWISH, 0, 0));
      assertThat(Fusion.fuse(new Graph(graph.ops(), List.of(gate, dst)), ALL).ops()).hasSize(2);
      assertThat(Fusion.fuse(graph, op -> false).ops()).isEqualTo(graph.ops());
    }
    Value other = Value.input("other", CHANNELS);
    Binary product = new Binary(other, gate, dst, Binary.Function.MUL);
    Graph gated = new Graph(List.of(sigmoid, product), List.of(dst));
    assertThat(Fusion.fuse(gated, ALL).ops()).isEqualTo(gated.ops());
  }

  /** Graphs in which something between the operations of a fused form stands in its way. */
  static Stream<Arguments> fusedGraphsComputeTheSame() {
    return Stream.of(
        Arguments.of("a frozen norm beside one of the batch", liveAndFrozen()),
        Arguments.of("running statistics read before the ReLU", statisticsRead()),
        Arguments.of("one norm of two sources, ReLUs in turn", sharedNorm()),
        Arguments.of("weights updated before the ReLU", weightsUpdated()),
        Arguments.of("the batch's mean read before the ReLU", meanRead()));
  }

  private static Value norm(GraphBuilder b, String name, Value src, String statistics) {
    return b.batchNorm(
        name,
        src,
        b.parameter("scale", CHANNELS),
        b.parameter("shift", CHANNELS),
        b.state(statistics + ".mean", CHANNELS),
        b.state(statistics + ".variance", CHANNELS),
        1e-5,
        0.1);
  }

  private static Value frozen(GraphBuilder b, Value src, String statistics) {
    return b.batchNormInference(
        "frozen",
        src,
        b.parameter("other.scale", CHANNELS),
        b.parameter("other.shift", CHANNELS),
        b.state(statistics + ".mean", CHANNELS),
        b.state(statistics + ".variance", CHANNELS),
        1e-5);
  }

  private static Graph liveAndFrozen() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", IMAGES);
    Value y = b.relu("y", b.add("sum", norm(b, "live", x, "own"), frozen(b, x, "other")));
    Map<Value, Value> seeds = Map.of(y, Value.input("seed", IMAGES));
    return Gradients.of(b.build(y), seeds, List.of(x)).graph();
  }

  private static Graph statisticsRead() {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", IMAGES);
    Value norm = norm(b, "norm", x, "own");
    Value frozen = frozen(b, x, "own");
    return b.build(b.relu("dst", norm), frozen);
  }

  private static Graph sharedNorm() {
    GraphBuilder b = new GraphBuilder();
    Value first = norm(b, "first", b.input("x", IMAGES), "own");
    Value second = norm(b, "second", b.input("y", IMAGES), "own");
    Value dst = b.relu("dst", second);
    return b.build(b.relu("other", first), dst);
  }

  private static Graph weightsUpdated() {
    GraphBuilder b = new GraphBuilder();
    Value weights = b.parameter("weights", Shape.of(4, 4, 1, 1));
    Value conv = b.conv2d("conv", b.input("x", IMAGES), weights, null, Window.square(1, 1, 0), 1);
    Value gradient = b.input("gradient", weights.shape());
    Value rate = b.input("rate", Shape.SCALAR);
    b.add(new SgdUpdate(weights, gradient, null, rate, 0, 0, false));
    return b.build(b.relu("dst", conv));
  }

  private static Graph meanRead() {
    GraphBuilder b = new GraphBuilder();
    Value norm = norm(b, "norm", b.input("x", IMAGES), "own");
    Value mean = b.reshape("read", Value.activation("norm.mean", CHANNELS), Shape.of(1, 4));
    return b.build(b.relu("dst", norm), mean);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void fusedGraphsComputeTheSame(String what, Graph graph) {
    Map<Value, Tensor> inputs = RandomInputs.of(graph, 5);
    Backend backend = Backends.reference();
    try (Session plain = backend.compile(graph);
        Session fused = backend.compile(Fusion.fuse(graph, ALL))) {
      for (Session each : List.of(plain, fused)) {
        inputs.forEach(each::write);
        each.run();
        each.run();
      }
      List<Value> results = new ArrayList<>(graph.outputs());
      results.addAll(graph.updated());
      for (Value value : results) {
        double[] expected = plain.read(value).toDoubles();
        assertThat(fused.read(value).toDoubles())
            .as("%s: %s", what, value)
            .usingComparatorWithPrecision(1e-5)
            .containsExactly(expected);
      }
    }
  }
}
