package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.MuonUpdate;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Optimisers as updates of parameters, and training with each. */
class OptimizersTest {
  private static final Value RATE = Value.input("rate", Shape.SCALAR);
  private static final Value VECTOR = Value.parameter("vector", Shape.of(5));
  private static final Value MATRIX = Value.parameter("matrix", Shape.of(3, 5));
  private static final Value KERNEL = Value.parameter("kernel", Shape.of(4, 3, 2, 2));

  private static ParameterUpdate update(Optimizer optimizer, Value parameter) {
    return optimizer.update(parameter, Value.input("gradient", parameter.shape()), RATE);
  }

  @Test
  void statesAreCalledAfterTheirParameter() {
    assertThat(update(new AdamW(0.1), VECTOR).updates())
        .containsExactly(
            VECTOR,
            Value.state("first_moment.vector", VECTOR.shape(), DType.F32),
            Value.state("second_moment.vector", VECTOR.shape(), DType.F32),
            Value.state("steps.vector", Shape.SCALAR, DType.I32));
    Value velocity = Value.state("velocity.matrix", MATRIX.shape(), DType.F32);
    assertThat(update(new Lars(0.001, 0.9, 0, true), MATRIX).updates())
        .containsExactly(MATRIX, velocity);
    assertThat(update(new Muon(0, new Sgd(0, 0)), MATRIX).updates())
        .containsExactly(MATRIX, velocity);
  }

  @Test
  void vectorsCanBeSparedTheDecay() {
    AdamW adamW = new AdamW(0.9, 0.99, 1e-8, 0.1, false);
    assertThat(((AdamWUpdate) update(adamW, VECTOR)).settings().weightDecay()).isZero();
    assertThat(((AdamWUpdate) update(adamW, KERNEL)).settings().weightDecay()).isEqualTo(0.1);
    assertThat(((AdamWUpdate) update(new AdamW(0.1), VECTOR)).settings())
        .isEqualTo(new AdamWUpdate.Settings(0.9, 0.999, 1e-8, 0.1));
  }

  @Test
  void larsMovesVectorsPlainly() {
    assertThat(update(new Lars(0.001, 0.9, 1e-4, false), VECTOR))
        .isEqualTo(update(new Sgd(0.9, 0), VECTOR))
        .isInstanceOf(SgdUpdate.class);
    assertThat(update(new Lars(0.001, 0.9, 1e-4, true), VECTOR))
        .isEqualTo(update(new Sgd(0.9, 1e-4), VECTOR));
    assertThat(((LarsUpdate) update(new Lars(0.001, 0.9, 1e-4, false), KERNEL)).weightDecay())
        .isEqualTo(1e-4);
  }

  @Test
  void muonLeavesVectorsToAnotherRule() {
    Muon muon = new Muon(0.95, 0.1, 5, false, new AdamW(0.1));
    assertThat(update(muon, VECTOR)).isEqualTo(update(new AdamW(0.1), VECTOR));
    MuonUpdate kernel = (MuonUpdate) update(muon, KERNEL);
    assertThat(kernel.rows()).isEqualTo(4);
    assertThat(kernel.columns()).isEqualTo(12);
    assertThat(kernel.scale()).isEqualTo(1);
    Value tall = Value.parameter("tall", Shape.of(36, 2, 2));
    assertThat(((MuonUpdate) update(muon, tall)).scale()).isEqualTo(3);
    Muon normalized = new Muon(0.6, 0, 3, true, new Sgd(0, 0));
    assertThat(((MuonUpdate) update(normalized, tall)).scale()).isEqualTo(1);
    assertThat(((MuonUpdate) update(normalized, tall)).norm()).isEqualTo(6);
  }

  @Test
  void wrongNumbersAreRefused() {
    requireRefused(() -> new AdamW(1, 0.9, 0, 0, true), "beta1 is 1.0, it must be in [0, 1.0)");
    requireRefused(() -> new AdamW(0.9, Double.NaN, 0, 0, true), "beta2 is NaN");
    requireRefused(() -> new AdamW(0.9, 0.9, -1, 0, true), "epsilon is -1.0");
    requireRefused(() -> new AdamW(-1), "weight decay is -1.0");
    requireRefused(() -> new Lars(0, 0.9, 0, true), "trust is 0.0");
    requireRefused(() -> new Lars(0.001, 2, 0, true), "momentum is 2.0");
    requireRefused(() -> new Lars(0.001, 0.9, -2, true), "weight decay is -2.0");
    Sgd others = new Sgd(0, 0);
    requireRefused(() -> new Muon(1, 0, 5, false, others), "momentum is 1.0");
    requireRefused(() -> new Muon(0.9, 0, 0, false, others), "the number of steps is 0");
    requireRefused(() -> new Muon(0.9, 0.1, 5, true, others), "has no weight decay, given 0.1");
    MuonUpdate.Settings settings = new MuonUpdate.Settings(0.9, 0, 5, false);
    requireRefused(
        () -> MuonUpdate.of(VECTOR, Value.input("g", VECTOR.shape()), RATE, settings),
        "vector F32 5 is no matrix");
  }

  private static void requireRefused(Runnable creation, String reason) {
    assertThatIllegalArgumentException().isThrownBy(creation::run).withMessageContaining(reason);
  }

  static Stream<Optimizer> optimizers() {
    return Stream.of(
        new AdamW(0.01),
        new Lars(0.02, 0.9, 1e-4, false),
        new Muon(0.6, 0, 3, true, new Sgd(0.9, 0)));
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void trainingLearns(Optimizer optimizer) {
    SyntheticSource source = new SyntheticSource(1, 24, 4);
    TrainingGraph step = TinyNetwork.trainingGraph(4, optimizer);
    try (Trainer trainer =
        new Trainer(Backends.cpu(), new CompileOptions(1), step, TinyNetwork.weights(7))) {
      double rate = optimizer instanceof AdamW ? 0.01 : 0.1;
      double first = 0;
      double last = 0;
      for (int epoch = 0; epoch < 12; epoch++) {
        last = 0;
        for (int batch = 0; batch < source.batches(); batch++) {
          last += trainer.step(source.batch(0, batch), rate);
        }
        first = epoch == 0 ? last : first;
      }
      assertThat(last).isLessThan(first / 2);
    }
  }
}
