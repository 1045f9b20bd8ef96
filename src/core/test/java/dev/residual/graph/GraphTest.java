package dev.residual.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.graph.passes.Gradients;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GraphTest {
  private static final Shape SHAPE = Shape.of(2, 3, 8, 8);
  private static final Value SRC = Value.input("src", SHAPE);
  private static final Value MIDDLE = Value.activation("middle", SHAPE);
  private static final Value DST = Value.activation("dst", SHAPE);

  private static void refused(String message, List<Op> ops, Value... outputs) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Graph(ops, List.of(outputs)))
        .withMessageContaining(message);
  }

  @Test
  void holdsEachValueOnceInOrder() {
    Graph graph =
        new Graph(List.of(new Relu(SRC, MIDDLE), new Add(SRC, MIDDLE, DST)), List.of(DST));
    assertThat(graph.values()).containsExactly(SRC, MIDDLE, DST);
    assertThat(graph.values(Role.INPUT)).containsExactly(SRC);
    assertThat(graph.value("middle")).isEqualTo(MIDDLE);
    assertThat(graph.contains(Value.input("src", Shape.of(1)))).isFalse();
  }

  @Test
  void refusesToReadWhatIsNotYetComputed() {
    refused("Relu reads middle", List.of(new Relu(MIDDLE, DST), new Relu(SRC, MIDDLE)), DST);
  }

  @Test
  void refusesToComputeAValueTwice() {
    refused("Relu computes dst", List.of(new Relu(SRC, DST), new Relu(SRC, DST)), DST);
  }

  @Test
  void refusesToWriteAnInput() {
    refused("Relu writes src", List.of(new Relu(SRC, SRC)));
  }

  @Test
  void refusesOneNameForTwoValues() {
    Value other = Value.activation("src", SHAPE);
    refused("the name of src F32 2x3x8x8", List.of(new Relu(SRC, other)), other);
  }

  @Test
  void refusesAnOutputThatIsNotThere() {
    refused("output middle", List.of(new Relu(SRC, DST)), MIDDLE);
  }

  @Test
  void namesTheValuesWhoseShapesDoNotFit() {
    Value weights = Value.parameter("conv1.weight", Shape.of(64, 4, 3, 3));
    Value dst = Value.activation("dst", Shape.of(2, 64, 8, 8));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Conv2d(SRC, weights, null, dst, Window.square(3, 1, 1), 1))
        .withMessageContainingAll("Conv2d", "conv1.weight F32 64x4x3x3", "64x3x3x3", "src");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GraphBuilder().maxPool2d("pool", SRC, Window.square(11, 1, 0)))
        .withMessageContainingAll("MaxPool2d", "larger than the padded src");
    Value deep = Value.input("deep", Shape.of(1, 512, 1, 1));
    Value v = Value.parameter("v", Shape.of(512));
    Value state = Value.state("state", v.shape(), DType.F32);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GraphBuilder().batchNorm("bn", deep, v, v, state, state, 1e-5, 0.1))
        .withMessageContainingAll("BatchNorm", "deep F32 1x512x1x1", "one value a channel");
    Value wide = Value.input("wide", Shape.of(1, 1, 17, 16));
    Value one = Value.activation("one", Shape.of(1, 1, 1, 1));
    Value places = Value.activation("places", one.shape(), DType.U8);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new MaxPool2d(wide, one, places, new Window(17, 16, 1, 1, 0, 0, 0, 0, 1, 1)))
        .withMessageContainingAll("MaxPool2d", "places U8", "I32");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Add(SRC, Value.input("other", Shape.of(2)), DST))
        .withMessageContaining("same shape");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Relu(SRC, Value.activation("dst", SHAPE, DType.F64)))
        .withMessageContaining("same type");
  }

  @Test
  void refusesToComputeFloatingOperationsOfIntegers() {
    Value src = Value.input("bytes", SHAPE, DType.S8);
    Value dst = Value.activation("dst", SHAPE, DType.S8);
    Value rate = Value.input("rate", Shape.SCALAR, DType.S8);
    Value parameter = Value.parameter("learned", SHAPE, DType.S8);
    List<ThrowingCallable> attempts =
        List.of(
            () -> new Relu(src, dst),
            () -> new Add(src, src, dst),
            () -> new MaxPool2d(src, dst, null, Window.square(1, 1, 0)),
            () -> new SgdUpdate(parameter, src, null, rate, 0, 0, false));
    assertThat(attempts)
        .allSatisfy(
            attempt ->
                assertThatIllegalArgumentException()
                    .isThrownBy(attempt)
                    .withMessageContaining("must be floating"));
  }

  @Test
  void theBuilderNamesValuesOfTheWrongRank() {
    GraphBuilder builder = new GraphBuilder();
    Value matrix = Value.input("matrix", Shape.of(2, 7));
    Value scalar = Value.input("scalar", Shape.SCALAR);
    List<ThrowingCallable> attempts =
        List.of(
            () -> builder.globalAvgPool("pool", matrix),
            () -> builder.zeroPadShortcut("pad", matrix, 9, 1),
            () -> builder.concat("concat", List.of(matrix)),
            () -> builder.linear("linear", matrix, scalar, null),
            () -> builder.flatten("flat", scalar));
    assertThat(attempts)
        .allSatisfy(
            attempt ->
                assertThatIllegalArgumentException()
                    .isThrownBy(attempt)
                    .withMessageMatching(".*(matrix F32 2x7|scalar F32 scalar).*"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.concat("concat", List.of()))
        .withMessageContaining("no parts");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.zeroPadShortcut("pad", SRC, 9, 0))
        .withMessageContaining("stride is 0");
  }

  @Test
  void windowsThatReachFarAreCountedWithoutOverflow() {
    Window far = Window.square(3, 1, 0).dilated(Integer.MAX_VALUE);
    assertThat(far.outH(8)).isZero();
    Window padded = Window.square(1, 1, Integer.MAX_VALUE);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> padded.outW(8))
        .withMessageContaining("4294967302 positions");
  }

  @Test
  void aGradientNeedsALossOrASeed() {
    Graph graph = Graph.of(new Relu(SRC, DST));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gradients.of(graph, DST, List.of(SRC)))
        .withMessageContaining("is no result of a SoftmaxCrossEntropy");
  }

  @Test
  void aGradientOfWhatDoesNotMatterIsRefused() {
    Value other = Value.input("other", SHAPE);
    Value unused = Value.activation("unused", SHAPE);
    Graph graph =
        new Graph(List.of(new Relu(SRC, DST), new Relu(other, unused)), List.of(DST, unused));
    Value seed = Value.input("seed", SHAPE);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gradients.of(graph, Map.of(DST, seed), List.of(other)))
        .withMessageContaining("nothing seeded depends on other");
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"BF16", "F16", "U8", "I32"})
  void buildersAreOfFloatingTypesThatAllOperationsTake(DType dtype) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new GraphBuilder(dtype))
        .withMessageContainingAll(dtype.toString(), "Precision");
  }
}
