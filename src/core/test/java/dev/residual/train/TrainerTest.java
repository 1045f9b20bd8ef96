package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {
  private static final int BATCH = 4;

  private final SyntheticSource source = new SyntheticSource(1, 400, BATCH);

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void theLossFalls(String backend) {
    try (Trainer trainer = trainer(backend.equals("cpu") ? Backends.cpu() : Backends.reference())) {
      double first = mean(trainer, 0);
      for (int epoch = 1; epoch < 9; epoch++) {
        mean(trainer, epoch);
      }
      assertThat(mean(trainer, 9)).isLessThan(first / 2);
    }
  }

  @Test
  void correctImagesAreCounted() {
    try (Trainer trainer = trainer()) {
      for (int epoch = 0; epoch < 4; epoch++) {
        mean(trainer, epoch);
      }
      int top1 = 0;
      for (int b = 0; b < source.batches(); b++) {
        trainer.step(source.batch(9, b), 0);
        top1 += trainer.top1();
        assertThat(trainer.top5()).as("of three classes").isEqualTo(BATCH);
      }
      assertThat(top1).isGreaterThan(source.images() * 3 / 4);
    }
  }

  /** Warm-up lets the compiler remove what the interpreter allocates. */
  @Test
  void aStepAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Batch batch = source.batch(0, 0);
    Schedule schedule = new Schedule.Cosine(0.1, 0, 10).withWarmup(1, 0.01);
    try (Trainer trainer = trainer(Backends.cpu())) {
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 50 && least > 0; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int step = 0; step < 200; step++) {
          trainer.step(batch, 1e-3 * schedule.learningRate(step % 10, step, 200));
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(least).isZero();
    }
  }

  @Test
  void targetsThatTheLossDoesNotTakeAreRefused() {
    Batch hard = source.batch(0, 0);
    Batch soft =
        new Batch(hard.images(), hard.layout(), hard.labels(), hard.labels(), hard.count());
    try (Trainer trainer = trainer()) {
      assertThatThrownBy(() -> trainer.step(soft, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the batch has targets, but the loss takes labels alone");
    }
  }

  @Test
  void aRateOfZeroLeavesTheParametersAsTheyAre() {
    try (Trainer trainer = trainer()) {
      Tensor before = trainer.weights().get("conv1.weight");
      trainer.step(source.batch(0, 0), 0);
      assertThat(trainer.weights().get("conv1.weight").toFloats()).isEqualTo(before.toFloats());
      trainer.step(source.batch(0, 0), 0.1);
      assertThat(trainer.weights().get("conv1.weight").toFloats()).isNotEqualTo(before.toFloats());
    }
  }

  @Test
  void aRestoredTrainerTakesTheSameStep() {
    try (Trainer trainer = trainer();
        Trainer other = trainer()) {
      for (int b = 0; b < 3; b++) {
        trainer.step(source.batch(0, b), 0.1);
      }
      other.restore(trainer.weights(), trainer.states());
      double loss = trainer.step(source.batch(0, 3), 0.1);
      assertThat(other.step(source.batch(0, 3), 0.1)).isEqualTo(loss);
      TrainingTest.assertSame(other.weights(), trainer.weights());
      TrainingTest.assertSame(other.states(), trainer.states());
    }
  }

  @Test
  void statesAreVelocitiesAndRandomStates() {
    try (Trainer trainer = trainer()) {
      assertThat(trainer.states().tensors().keySet())
          .contains("velocity.conv1.weight", "velocity.linear.bias", "dropout.random")
          .doesNotContain("bn1.running_mean", "conv1.weight");
    }
  }

  @Test
  void seedsMakeADifference() {
    try (Trainer trainer = trainer();
        Trainer other = trainer()) {
      trainer.seed(1);
      other.seed(2);
      assertThat(trainer.step(source.batch(0, 0), 0.1))
          .isNotEqualTo(other.step(source.batch(0, 0), 0.1));
    }
  }

  @Test
  void aBatchThatIsNotFullIsRefused() {
    SyntheticSource short3 = new SyntheticSource(1, 3, BATCH);
    try (Trainer trainer = trainer()) {
      assertThatThrownBy(() -> trainer.step(short3.batch(0, 0), 0.1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a batch of 3 images for a step of 4");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void aLabelThatIsNoClassIsNamed(String backend) {
    Batch batch = source.batch(0, 0);
    batch.labels().setAtIndex(ValueLayout.JAVA_INT_UNALIGNED, 2, TinyNetwork.CLASSES);
    try (Trainer trainer = trainer(backend.equals("cpu") ? Backends.cpu() : Backends.reference())) {
      Weights before = trainer.weights();
      Weights states = trainer.states();
      assertThatThrownBy(() -> trainer.step(batch, 0.1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("labels I32 4 holds 3 in row 2, which is not in [0, 3)");
      requireSame(before, trainer.weights());
      requireSame(states, trainer.states());
    }
  }

  private static void requireSame(Weights expected, Weights found) {
    expected
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(found.get(name).toDoubles()).as(name).isEqualTo(tensor.toDoubles()));
  }

  @Test
  void weightsOfAnotherNetworkAreRefused() {
    try (Trainer trainer = trainer()) {
      Weights weights = new Weights(Map.of());
      assertThatThrownBy(() -> trainer.write(weights))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("conv1.weight");
    }
    TrainingGraph graph = TinyNetwork.trainingGraph(BATCH, new Sgd(0.9, 1e-4));
    assertThatThrownBy(
            () ->
                new Trainer(
                    Backends.reference(), CompileOptions.DEFAULT, graph, new Weights(Map.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("conv1.weight");
  }

  @Test
  void aTrainerBeginsWithTheWeightsThatItWasGiven() {
    try (Trainer trainer = trainer()) {
      TrainingTest.assertSame(trainer.weights(), TinyNetwork.weights(1));
    }
  }

  private double mean(Trainer trainer, int epoch) {
    double sum = 0;
    for (int b = 0; b < source.batches(); b++) {
      sum += trainer.step(source.batch(epoch, b), 0.02);
    }
    return sum / source.batches();
  }

  static Trainer trainer() {
    return trainer(Backends.reference());
  }

  static Trainer trainer(Backend backend) {
    TrainingGraph graph = TinyNetwork.trainingGraph(BATCH, new Sgd(0.9, 1e-4));
    Trainer trainer = new Trainer(backend, CompileOptions.DEFAULT, graph, TinyNetwork.weights(1));
    trainer.seed(1);
    return trainer;
  }
}
