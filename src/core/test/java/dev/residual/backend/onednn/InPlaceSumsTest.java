package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InPlaceSumsTest {
  private static final Shape SHAPE = Shape.of(1, 4, 5, 5);

  private final Value x = Value.input("x", SHAPE);
  private final Value weights = Value.parameter("weights", Shape.of(4, 4, 1, 1));
  private final Value a = Value.activation("a", SHAPE);
  private final Value b = Value.activation("b", SHAPE);
  private final Value c = Value.activation("c", SHAPE);

  private Op sum(Value src, Value add, Value dst) {
    return new Conv2d(src, weights, null, add, dst, Window.square(1, 1, 0), 1, false);
  }

  private Map<Value, Value> inPlace(List<Op> ops, Value... outputs) {
    Graph graph = new Graph(ops, List.of(outputs));
    return InPlaceSums.of(graph, new Layouts(graph));
  }

  @Test
  void aSumReplacesWhatNothingReadsAgain() {
    assertThat(inPlace(List.of(new Relu(x, a), sum(x, a, b), new Relu(b, c)), c))
        .containsExactly(Map.entry(b, a));
  }

  @Test
  void aTensorThatIsReadAgainIsKept() {
    Value d = Value.activation("d", SHAPE);
    assertThat(inPlace(List.of(new Relu(x, a), sum(x, a, b), sum(b, a, c), new Relu(c, d)), d))
        .containsExactly(Map.entry(c, a));
  }

  @Test
  void inputsAndOutputsKeepTheirOwnMemory() {
    assertThat(inPlace(List.of(sum(x, x, b), new Relu(b, c)), c)).isEmpty();
    assertThat(inPlace(List.of(new Relu(x, a), sum(x, a, b)), b)).isEmpty();
    assertThat(inPlace(List.of(new Relu(x, a), sum(x, a, b), new Relu(b, c)), a, c)).isEmpty();
  }

  @Test
  void aConvolutionNeverOverwritesItsSource() {
    assertThat(inPlace(List.of(new Relu(x, a), sum(a, a, b), new Relu(b, c)), c)).isEmpty();
  }
}
