package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.RandomInputs;
import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Cast;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values of bf16 that the caller writes and reads, and casts of parameters that change. */
class NarrowValuesTest {
  private static final Value SRC = Value.input("src", Shape.of(3, 24));
  private static final Value RATE = Value.input("rate", Shape.SCALAR);
  private static final Value MASTER = Value.parameter("w", Shape.of(16, 24));
  private static final Value GRADIENT = Value.input("gradient", MASTER.shape());
  private static final SgdUpdate UPDATE = new SgdUpdate(MASTER, GRADIENT, null, RATE, 0, 0, false);

  private final Backend backend = new OneDnnBackend();

  @BeforeEach
  void requireBf16() {
    assumeThat(OneDnnRuntime.hasBf16()).as("this processor multiplies bf16").isTrue();
  }

  @Test
  void theCallerMayHoldImagesAndWeightsInBf16() {
    Value dst = Value.activation("dst", Shape.of(2, 32, 5, 7), DType.BF16);
    requireReferenceResults(
        Graph.of(
            new Conv2d(
                Value.input("src", Shape.of(2, 16, 5, 7), DType.BF16),
                Value.parameter("weights", Shape.of(32, 16, 3, 3), DType.BF16),
                Value.parameter("bias", Shape.of(32)),
                dst,
                Window.square(3, 1, 1),
                1)));
  }

  @Test
  void readersAfterAnUpdateSeeIt() {
    Value first = Value.activation("first", Shape.of(3, 16));
    Value second = Value.activation("second", Shape.of(3, 16));
    Graph graph =
        new Graph(
            List.of(
                new Linear(SRC, MASTER, null, first),
                UPDATE,
                new Linear(SRC, MASTER, null, second)),
            List.of(first, second));
    requireReferenceResults(MixedPrecision.of(graph, DType.BF16));
  }

  @Test
  void aCastKeepsWhatItReadBeforeAnUpdate() {
    Value narrowSrc = Value.activation("src.bf16", SRC.shape(), DType.BF16);
    Value weights = Value.activation("w.bf16", MASTER.shape(), DType.BF16);
    Value dst = Value.activation("dst", Shape.of(3, 16));
    requireReferenceResults(
        new Graph(
            List.of(
                new Cast(MASTER, weights),
                new Cast(SRC, narrowSrc),
                UPDATE,
                new Linear(narrowSrc, weights, null, dst)),
            List.of(dst)));
  }

  @Test
  void aCastOfWeightsThatIsReadHasMemory() {
    Value narrowSrc = Value.activation("src.bf16", SRC.shape(), DType.BF16);
    Value weights = Value.activation("w.bf16", MASTER.shape(), DType.BF16);
    Value dst = Value.activation("dst", Shape.of(3, 16));
    requireReferenceResults(
        new Graph(
            List.of(
                new Cast(MASTER, weights),
                new Cast(SRC, narrowSrc),
                new Linear(narrowSrc, weights, null, dst)),
            List.of(dst, weights)));
  }

  @Test
  void theLossIsRefusedInBf16() {
    Value logits = Value.input("logits", Shape.of(2, 3), DType.BF16);
    Value labels = Value.input("labels", Shape.of(2), DType.I32);
    Value loss = Value.activation("loss", Shape.SCALAR, DType.BF16);
    Graph graph = Graph.of(new SoftmaxCrossEntropy(logits, labels, loss, 0));
    assertThatThrownBy(() -> backend.compile(graph))
        .isInstanceOf(UnsupportedOpException.class)
        .hasMessageContaining("logits BF16 2x3 is not F32");
  }

  /** Twice, since the first run changes parameters. */
  private void requireReferenceResults(Graph graph) {
    try (Session session = backend.compile(graph);
        Session reference = new ReferenceBackend().compile(graph)) {
      RandomInputs.of(graph, 3)
          .forEach(
              (value, tensor) -> {
                session.write(value, tensor);
                reference.write(value, tensor);
              });
      for (int run = 0; run < 2; run++) {
        session.run();
        reference.run();
        for (Value output : graph.outputs()) {
          double[] expected = reference.read(output).toDoubles();
          double largest = 0;
          for (double element : expected) {
            largest = Math.max(largest, Math.abs(element));
          }
          double bound = output.dtype() == DType.BF16 ? 0x1p-8 : 1e-6;
          assertThat(session.read(output).toDoubles())
              .as(output.name())
              .usingComparatorWithPrecision(bound * largest)
              .containsExactly(expected);
        }
      }
    }
  }
}
