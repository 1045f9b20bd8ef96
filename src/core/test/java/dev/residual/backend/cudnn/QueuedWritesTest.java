package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps that are queued without waiting each use the inputs that were written for them. */
@ExtendWith(SoftwareDevice.class)
class QueuedWritesTest {
  private static final int STEPS = 24;
  private static final Shape SHAPE = Shape.of(16, 5, 3, 3);

  private final long seed = SoftwareDevice.get("seed");

  @AfterEach
  void restore() {
    SoftwareDevice.set("seed", seed);
  }

  /** Sums of small whole numbers, so that they are exact. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void eachStepUsesItsOwnInputs(long delays) {
    SoftwareDevice.set("seed", delays);
    Value parameter = Value.parameter("parameter", SHAPE);
    Value gradient = Value.input("gradient", SHAPE);
    Value rate = Value.input("rate", Shape.SCALAR);
    Random random = new Random(delays);
    double[] expected = new double[(int) SHAPE.elements()];
    try (Session session =
        SoftwareDevice.backend().compile(Graph.of(SgdUpdate.of(parameter, gradient, rate)))) {
      Tensor batch = Tensor.zeros(DType.F32, SHAPE);
      // With inputs of zeros; what must be prepared waits now.
      session.run();
      long waits = SoftwareDevice.get("synchronizations");
      for (int step = 0; step < STEPS; step++) {
        int factor = 1 + random.nextInt(50);
        for (int i = 0; i < expected.length; i++) {
          int element = random.nextInt(1000);
          batch.set(i, element);
          expected[i] -= factor * element;
        }
        session.write(gradient, batch);
        session.write(rate, Tensor.of(Shape.SCALAR, (float) factor));
        session.run();
      }
      waits = SoftwareDevice.get("synchronizations") - waits;
      assertThat(session.read(parameter).toDoubles()).isEqualTo(expected);
      assertThat(waits)
          .as("no wait but for a place to write an input to")
          .isLessThanOrEqualTo(2 * STEPS);
    }
  }
}
