package dev.residual.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TopKTest {
  private static final float NAN = Float.NaN;

  static Stream<Backend> backends() {
    return Stream.of(Backends.reference(), Backends.cpu());
  }

  @ParameterizedTest
  @MethodSource("backends")
  void countsTheFirstAndTheFirstFive(Backend backend) {
    int[] top1 = {1, 0, 0, 0, 0, 0, 0};
    int[] top5 = {1, 1, 1, 1, 1, 0, 0};
    for (int label = 0; label < 7; label++) {
      assertThat(counts(backend, new float[] {7, 6, 5, 4, 3, 2, 1}, label))
          .as("label %d", label)
          .containsExactly(top1[label], top5[label]);
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void equalLogitsRankByIndex(Backend backend) {
    assertThat(counts(backend, new float[7], 0)).containsExactly(1, 1);
    assertThat(counts(backend, new float[7], 4)).containsExactly(0, 1);
    assertThat(counts(backend, new float[7], 5)).containsExactly(0, 0);
  }

  @ParameterizedTest
  @MethodSource("backends")
  void aLogitThatIsNoNumberNeverMakesARowCorrect(Backend backend) {
    assertThat(counts(backend, new float[] {NAN, NAN, NAN, NAN, NAN, NAN}, 0))
        .containsExactly(0, 0);
    assertThat(counts(backend, new float[] {9, 1, 2, NAN, 3, 4}, 0)).containsExactly(0, 1);
  }

  @ParameterizedTest
  @MethodSource("backends")
  void rowsBeyondTheNumberOfRowsAreLeftOut(Backend backend) {
    Value rows = Value.input("rows", Shape.SCALAR, DType.I32);
    TopK op = TopK.of("counts", logits(3, 2), labels(3), rows, 1);
    try (Session session = backend.compile(Graph.of(op))) {
      session.write(op.logits(), Tensor.of(op.logits().shape(), new float[] {1, 0, 0, 1, 1, 0}));
      // The last one is that of a row that there is none of.
      session.write(op.labels(), Tensor.of(op.labels().shape(), new int[] {0, 1, -1}));
      for (int n = 0; n < 3; n++) {
        session.write(rows, Tensor.of(Shape.SCALAR, new int[] {n}));
        session.run();
        assertThat(session.read(op.counts()).toDoubles()).containsExactly(n);
      }
      for (int n : new int[] {-1, 4}) {
        session.write(rows, Tensor.of(Shape.SCALAR, new int[] {n}));
        assertThatThrownBy(session::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("rows I32 scalar holds " + n + ", which is not in [0, 3]");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void aLabelThatIsNoClassIsNamed(Backend backend) {
    for (int label : new int[] {3, -1, Integer.MIN_VALUE}) {
      assertThatThrownBy(() -> counts(backend, new float[] {1, 2, 3, 4, 5, 6}, 0, label))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("labels I32 2 holds " + label + " in row 1, which is not in [0, 3)");
    }
  }

  @Test
  void shapesAreChecked() {
    Value logits = logits(2, 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopK.of("counts", logits, labels(3), null, 1))
        .withMessageContaining("labels I32 3 must have shape 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopK.of("counts", logits, labels(2), labels(2), 1))
        .withMessageContaining("must have shape scalar");
    for (int[] ks : new int[][] {{}, {0}, {1, -5}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TopK.of("counts", logits, labels(2), null, ks));
    }
  }

  private static double[] counts(Backend backend, float[] logits, int... labels) {
    int n = labels.length;
    TopK op = TopK.of("counts", logits(n, logits.length / n), labels(n), null, 1, 5);
    try (Session session = backend.compile(Graph.of(op))) {
      session.write(op.logits(), Tensor.of(op.logits().shape(), logits));
      session.write(op.labels(), Tensor.of(op.labels().shape(), labels));
      session.run();
      return session.read(op.counts()).toDoubles();
    }
  }

  private static Value logits(int rows, int classes) {
    return Value.input("logits", Shape.of(rows, classes));
  }

  private static Value labels(int rows) {
    return Value.input("labels", Shape.of(rows), DType.I32);
  }
}
