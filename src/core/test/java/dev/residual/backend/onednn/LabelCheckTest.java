package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LabelCheckTest {
  private static final Value LOGITS = Value.input("logits", Shape.of(2, 3));
  private static final Value LABELS = Value.input("labels", Shape.of(2), DType.I32);

  static Stream<Arguments> losses() {
    Value loss = Value.activation("loss", Shape.SCALAR);
    Value diff = Value.activation("diff", LOGITS.shape());
    Op forward = new SoftmaxCrossEntropy(LOGITS, LABELS, loss, 0);
    Op backward = new SoftmaxCrossEntropyBackward(LOGITS, LABELS, null, diff, 0);
    return Stream.of(true, false)
        .map(kernels -> kernels && KernelLibrary.isAvailable())
        .distinct()
        .flatMap(kernels -> Stream.of(forward, backward).map(op -> Arguments.of(kernels, op)));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void aLabelThatIsNoClassIsNamedAndTheSessionStaysUsable(boolean kernels, Op op) {
    Value result = op.outputs().getFirst();
    try (Session session = new OneDnnBackend(kernels).compile(Graph.of(op))) {
      for (int label : new int[] {3, -1, Integer.MAX_VALUE}) {
        session.write(LABELS, Tensor.of(LABELS.shape(), new int[] {2, label}));
        assertThatThrownBy(session::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("labels I32 2 holds " + label + " in row 1, which is not in [0, 3)");
      }
      session.write(LABELS, Tensor.of(LABELS.shape(), new int[] {2, 1}));
      session.run();
      float expected = (float) (result.shape().rank() == 0 ? Math.log(3) : 1 / 6.0);
      assertThat(session.read(result).toDoubles()).contains(expected);
    }
  }
}
