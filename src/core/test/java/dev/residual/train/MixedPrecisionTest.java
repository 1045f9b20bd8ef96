package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.Backends;
import dev.residual.CpuRuntime;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.nn.Weights;
import dev.residual.tensor.Bfloat16;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training with bf16 activations and f32 masters. */
class MixedPrecisionTest {
  private static final int BATCH = 4;
  private static final int EPOCHS = 4;

  /** At four times this, losses of few steps differ as much by other rounding as by other types. */
  private static final double RATE = 0.005;

  /** Threads cost such small layers more than they give. */
  private static final CompileOptions ONE_THREAD = new CompileOptions(1);

  private final SyntheticSource source = new SyntheticSource(1, 200, BATCH);

  @ParameterizedTest
  @CsvSource({"reference, BF16", "reference, F16", "cpu, BF16"})
  void theLossFollowsThatOfFullPrecision(String backend, DType dtype) {
    try (Trainer narrow = trainer(backend, dtype);
        Trainer wide = trainer(backend, DType.F32)) {
      double first = 0;
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        double expected = mean(wide, epoch);
        assertThat(mean(narrow, epoch)).isCloseTo(expected, Offset.offset(0.02 * expected));
        first = epoch == 0 ? expected : first;
        assertThat(epoch == 0 || expected < first).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void theMastersKeepUpdatesThatBf16WouldLose(String backend) {
    try (Trainer trainer = trainer(backend, DType.BF16)) {
      Tensor before = trainer.weights().get("conv1.weight");
      for (int b = 0; b < 10; b++) {
        trainer.step(source.batch(0, b), 1e-6);
      }
      Tensor after = trainer.weights().get("conv1.weight");
      int changed = 0;
      int changedInBf16 = 0;
      for (int i = 0; i < before.shape().elements(); i++) {
        float old = (float) before.get(i);
        float now = (float) after.get(i);
        changed += old == now ? 0 : 1;
        changedInBf16 += Bfloat16.round(old) == Bfloat16.round(now) ? 0 : 1;
      }
      int elements = (int) before.shape().elements();
      assertThat(changed).isGreaterThan(elements / 2);
      assertThat(changedInBf16).isLessThan(elements / 10);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void inferenceRanksAsFullPrecision(String backend) {
    Weights weights;
    try (Trainer trainer = trainer(backend, DType.F32)) {
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        mean(trainer, epoch);
      }
      weights = trainer.weights();
    }
    assertThat(accuracy(backend, DType.BF16, weights).top1Rate())
        .isCloseTo(accuracy(backend, DType.F32, weights).top1Rate(), Offset.offset(0.02));
  }

  private Accuracy accuracy(String backend, DType dtype, Weights weights) {
    try (Evaluator evaluator =
        Evaluator.unwritten(backend(backend), TinyNetwork.inference(BATCH), ONE_THREAD, dtype)) {
      evaluator.write(weights);
      return evaluator.evaluate(source);
    }
  }

  private double mean(Trainer trainer, int epoch) {
    double sum = 0;
    for (int b = 0; b < source.batches(); b++) {
      sum += trainer.step(source.batch(epoch, b), RATE);
    }
    return sum / source.batches();
  }

  private static Trainer trainer(String backend, DType dtype) {
    TrainingGraph graph = TinyNetwork.trainingGraph(BATCH, new Sgd(0.9, 1e-4)).withPrecision(dtype);
    Trainer trainer = new Trainer(backend(backend), ONE_THREAD, graph, TinyNetwork.weights(7));
    trainer.seed(11);
    return trainer;
  }

  private static Backend backend(String name) {
    if (name.equals("cpu")) {
      assumeThat(CpuRuntime.load().bf16()).as("this processor multiplies bf16").isTrue();
    }
    return Backends.named(name);
  }
}
