package dev.residual.backend.cudnn.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class OperationGraphTest {
  private static final GraphTensor X = GraphTensor.image("x", 32, 64, 56, 56, ElementType.HALF);
  private static final GraphTensor W = GraphTensor.filter("w", 64, 64, 3, 3, ElementType.HALF);
  private static final GraphTensor Y = X.named("y");
  private static final GraphTensor SUM = GraphTensor.channels("sum", 64, ElementType.FLOAT);
  private static final ConvolutionForward CONVOLUTION =
      new ConvolutionForward(X, W, Y, Convolution.of(1, 1));

  private static OperationGraph withStatistics(String prefix) {
    GraphTensor x = X.named(prefix + "x");
    GraphTensor y = Y.named(prefix + "y").asVirtual();
    return OperationGraph.of(
        new ConvolutionForward(x, W, y, Convolution.of(1, 1)),
        new GenStats(y, SUM, SUM.named("sqSum")));
  }

  @Test
  void aGraphPrintsOneNodeALine() {
    assertThat(OperationGraph.of(CONVOLUTION))
        .hasToString(
            "y:half[32,64,56,56] = ConvolutionForward(x:half[32,64,56,56], w:half[64,64,3,3],"
                + " stride 1x1 padding 1,1,1,1)");
    assertThat(withStatistics(""))
        .hasToString(
            """
            virtual y:half[32,64,56,56] = ConvolutionForward(x:half[32,64,56,56], w:half[64,64,3,3], \
            stride 1x1 padding 1,1,1,1)
            sum:float[1,64,1,1], sqSum:float[1,64,1,1] = GenStats(y)\
            """);
  }

  @Test
  void tensorsAreNumberedByTheirFirstUse() {
    OperationGraph graph = withStatistics("");
    assertThat(graph.tensors())
        .extracting(GraphTensor::name)
        .containsExactly("x", "w", "y", "sum", "sqSum");
    assertThat(graph.id(X)).isEqualTo(1);
    assertThat(graph.id(SUM)).isEqualTo(4);
    assertThat(graph.arguments())
        .extracting(GraphTensor::name)
        .containsExactly("x", "w", "sum", "sqSum");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> graph.id(Y))
        .withMessageContaining("is not in the operation graph");
  }

  @Test
  void graphsThatDifferInNamesAloneHaveOneSignature() {
    assertThat(withStatistics("a.").signature()).isEqualTo(withStatistics("b.").signature());
    assertThat(withStatistics("").signature())
        .doesNotContain("\n")
        .isNotEqualTo(OperationGraph.of(CONVOLUTION).signature());
    GraphTensor zero = GraphTensor.constant("zero", ElementType.FLOAT, 0);
    assertThat(greater(zero).signature())
        .contains("=0.0")
        .isNotEqualTo(greater(GraphTensor.constant("zero", ElementType.FLOAT, 1)).signature())
        .isNotEqualTo(greater(GraphTensor.scalar("zero", ElementType.FLOAT)).signature());
  }

  private static OperationGraph greater(GraphTensor than) {
    return OperationGraph.of(Pointwise.of(Pointwise.Mode.CMP_GT, X, than, Y));
  }

  @Test
  void aNameStandsForOneTensor() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> OperationGraph.of(CONVOLUTION, new GenStats(Y.asVirtual(), SUM, SUM.named("q"))))
        .withMessageContaining("two tensors have the name y");
  }

  @Test
  void aVirtualTensorIsComputedBeforeItIsRead() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OperationGraph.of(new GenStats(Y.asVirtual(), SUM, SUM.named("q"))))
        .withMessageContaining("is read before a node computes it");
  }

  @Test
  void aTensorIsComputedOnceAndNotIntoAConstant() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OperationGraph.of(CONVOLUTION, CONVOLUTION))
        .withMessageContaining("cannot be the result");
    GraphTensor one = GraphTensor.constant("one", ElementType.FLOAT, 1);
    GraphTensor from = GraphTensor.scalar("from", ElementType.FLOAT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OperationGraph.of(Pointwise.of(Pointwise.Mode.IDENTITY, from, one)))
        .withMessageContaining("one:float=1.0 cannot be the result");
    assertThatIllegalArgumentException().isThrownBy(() -> new OperationGraph(List.of()));
  }
}
