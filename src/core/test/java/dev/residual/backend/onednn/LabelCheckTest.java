package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Communicator;
import dev.residual.engine.Session;
import dev.residual.engine.program.Lowering;
import dev.residual.engine.program.Program;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
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
    Op ranking = TopK.of("counts", LOGITS, LABELS, null, 1);
    return Stream.of(true, false)
        .map(kernels -> kernels && KernelLibrary.isAvailable())
        .distinct()
        .flatMap(
            kernels -> Stream.of(forward, backward, ranking).map(op -> Arguments.of(kernels, op)));
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
      double expected =
          switch (op) {
            case SoftmaxCrossEntropy _ -> (float) Math.log(3);
            case TopK _ -> 0;
            default -> (float) (1 / 6.0);
          };
      assertThat(session.read(result).toDoubles()).contains(expected);
    }
  }

  @Test
  void labelsAreCheckedOnceForAllThatReadThem() {
    Value loss = Value.activation("loss", Shape.SCALAR);
    Value diff = Value.activation("diff", LOGITS.shape());
    Value fewer = Value.input("fewer", Shape.of(2, 2));
    List<Op> ops =
        List.of(
            TopK.of("counts", LOGITS, LABELS, null, 1),
            new SoftmaxCrossEntropy(LOGITS, LABELS, loss, 0),
            new SoftmaxCrossEntropyBackward(LOGITS, LABELS, null, diff, 0));
    assertThat(checks(ops)).isEqualTo(1);
    assertThat(checks(Stream.concat(ops.stream(), ranked(fewer, null)).toList())).isEqualTo(2);
    Value rows = Value.input("rows", Shape.SCALAR, DType.I32);
    assertThat(checks(Stream.concat(ranked(LOGITS, rows), ops.stream()).toList())).isEqualTo(2);
  }

  private static Stream<Op> ranked(Value logits, @Nullable Value rows) {
    return Stream.of(TopK.of("others", logits, LABELS, rows, 1));
  }

  private static long checks(List<Op> ops) {
    KernelSettings settings = new KernelSettings(1, false, Set.of(Algorithm.DIRECT));
    Graph graph = new Graph(ops, List.of());
    OneDnnTarget target = new OneDnnTarget(settings, Communicator.ALONE);
    try (HostMemory memory = target.memory();
        Lowering lowering = target.lowering(graph, memory)) {
      return new Program(graph, lowering, Communicator.ALONE).checks().length;
    }
  }
}
