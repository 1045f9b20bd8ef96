package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Labels that the host has seen are checked before a run; others make a loss of NaN. */
@ExtendWith(SoftwareDevice.class)
class DeviceLabelsTest {
  private static final int CLASSES = 3;
  private static final Value LOGITS = Value.input("logits", Shape.of(2, CLASSES));
  private static final Value LABELS = Value.input("labels", Shape.of(2), DType.I32);
  private static final Value LOSS = Value.activation("loss", Shape.SCALAR);
  private static final Value DIFF = Value.activation("diff", LOGITS.shape());
  private static final TopK RANKING = TopK.of("counts", LOGITS, LABELS, null, CLASSES);

  private static final Graph GRAPH =
      new Graph(
          List.of(
              new SoftmaxCrossEntropy(LOGITS, LABELS, LOSS, 0),
              new SoftmaxCrossEntropyBackward(LOGITS, LABELS, null, DIFF, 0),
              RANKING),
          List.of(LOSS, DIFF, RANKING.counts()));

  private static Tensor labels(int first, int second) {
    return Tensor.of(LABELS.shape(), new int[] {first, second});
  }

  /** Puts labels into memory of the device, as a loader that works there would. */
  private static void put(CudaMemory memory, MemorySegment segment, Tensor labels) {
    Value value = Value.state("given", LABELS.shape(), DType.I32);
    memory.copyIn(value, labels.data(), Layout.ROW_MAJOR, segment, Layout.ROW_MAJOR);
  }

  @ParameterizedTest
  @ValueSource(ints = {CLASSES, -1, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void aLabelThatIsNoClassIsNamedOrMakesTheLossNaN(int wrong) {
    try (CudaMemory memory = new CudaMemory(CudaDevice.open(0));
        Session session = SoftwareDevice.backend().compile(GRAPH)) {
      session.write(LABELS, labels(2, wrong));
      assertThatThrownBy(session::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("labels I32 2 holds %d in row 1, which is not in [0, 3)", wrong);

      // What was written is no longer what the run reads.
      MemorySegment segment = memory.slab("labels", LABELS.bytes());
      put(memory, segment, labels(2, 1));
      session.bind(LABELS, segment);
      requireLoss(session, Math.log(CLASSES), 2);

      put(memory, segment, labels(2, wrong));
      requireLoss(session, Double.NaN, 1);
      double[] gradient = session.read(DIFF).toDoubles();
      for (int i = 0; i < CLASSES; i++) {
        assertThat(gradient[i]).as("of a good label").isFinite();
        assertThat(gradient[CLASSES + i]).as("of the wrong one").isNaN();
      }

      put(memory, segment, labels(0, 1));
      requireLoss(session, Math.log(CLASSES), 2);
    }
  }

  private static void requireLoss(Session session, double loss, int ranked) {
    session.run();
    assertThat(session.readScalar(LOSS)).isEqualTo(loss, within(1e-6));
    assertThat(session.read(RANKING.counts()).get(0)).isEqualTo(ranked);
  }
}
