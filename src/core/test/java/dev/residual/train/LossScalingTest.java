package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.graph.passes.LossScaling;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training with a scaled loss. */
class LossScalingTest {
  private static final int BATCH = 4;
  private static final Sgd SGD = new Sgd(0.9, 1e-4);
  private static final CompileOptions ONE_THREAD = new CompileOptions(1);

  private final SyntheticSource source = new SyntheticSource(1, 24, BATCH);

  private static TrainingGraph plain() {
    return TinyNetwork.trainingGraph(BATCH, SGD);
  }

  /** The step with another number of good steps before the scale grows. */
  static TrainingGraph growing(TrainingGraph step, int interval) {
    List<Op> ops = new ArrayList<>();
    for (Op op : step.graph().ops()) {
      ops.add(op instanceof LossScaleUpdate scale ? scale.withGrowthInterval(interval) : op);
    }
    return step.withGraph(new Graph(ops, step.graph().outputs()));
  }

  private static Trainer trainer(String backend, TrainingGraph step) {
    return trainer(Backends.named(backend), step);
  }

  /** A trainer in f16. */
  static Trainer halfTrainer(Backend backend) {
    return trainer(backend, plain().withPrecision(DType.F16));
  }

  private static Trainer trainer(Backend backend, TrainingGraph step) {
    Trainer trainer = new Trainer(backend, ONE_THREAD, step, TinyNetwork.weights(7));
    trainer.seed(11);
    return trainer;
  }

  /** In f16 on the reference; the processor has no f16, and scales a loss in f32 all the same. */
  private static TrainingGraph scaled(String backend) {
    return backend.equals("reference")
        ? plain().withPrecision(DType.F16)
        : plain().withGraph(LossScaling.of(plain().graph()));
  }

  private static double scale(Trainer trainer) {
    return trainer.states().get("loss_scale").get(0);
  }

  private static double goodSteps(Trainer trainer) {
    return goodSteps(trainer.states());
  }

  private static double goodSteps(Weights states) {
    return states.get("loss_scale.good_steps").get(0);
  }

  private static void setScale(Trainer trainer, float scale) {
    set(trainer, "loss_scale", Tensor.of(Shape.SCALAR, scale));
  }

  private static void set(Trainer trainer, String state, Tensor tensor) {
    Map<String, Tensor> states = new LinkedHashMap<>(trainer.states().tensors());
    states.put(state, tensor);
    trainer.restore(trainer.weights(), new Weights(states));
  }

  private static boolean isStatistic(String name) {
    return name.contains("running_");
  }

  private static void requireSkipped(Trainer trainer, Weights weights, Weights states) {
    weights
        .tensors()
        .forEach(
            (name, before) -> {
              if (!isStatistic(name)) {
                requireSameBits(name, before, trainer.weights().get(name));
              }
            });
    states
        .tensors()
        .forEach(
            (name, before) -> {
              if (name.startsWith("velocity.")) {
                requireSameBits(name, before, trainer.states().get(name));
              }
            });
  }

  /** As by PyTorch, whose forward pass does not know of the scale. */
  private static void requireStatisticsUpdated(Weights before, Weights after) {
    before
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (isStatistic(name)) {
                assertThat(after.get(name).isFinite()).as(name).isTrue();
                assertThat(after.get(name).toFloats()).as(name).isNotEqualTo(tensor.toFloats());
              }
            });
  }

  private static void requireSameBits(String name, Tensor expected, Tensor found) {
    assertThat(found.data().mismatch(expected.data())).as(name).isEqualTo(-1);
  }

  @Test
  void aScaleThatIsTooLargeIsHalvedUntilStepsAreTaken() {
    requireHalvedUntilStepsAreTaken(Backends.reference());
  }

  /** In f16. An overflow keeps the bits of weights and velocities, but not the statistics. */
  static void requireHalvedUntilStepsAreTaken(Backend backend) {
    SyntheticSource source = new SyntheticSource(1, 24, BATCH);
    try (Trainer trainer = halfTrainer(backend)) {
      trainer.step(source.batch(0, 0), 0.02);
      setScale(trainer, LossScaleUpdate.LARGEST);
      double expected = LossScaleUpdate.LARGEST;
      int skipped = 0;
      for (int step = 0; step < 12; step++) {
        Weights weights = trainer.weights();
        Weights states = trainer.states();
        assertThat(trainer.step(source.batch(0, 1), 0.02)).isFinite();
        if (scale(trainer) < expected) {
          expected /= 2;
          skipped++;
          requireSkipped(trainer, weights, states);
          requireStatisticsUpdated(weights, trainer.weights());
          assertThat(goodSteps(trainer)).isZero();
        } else {
          assertThat(goodSteps(trainer)).isEqualTo(goodSteps(states) + 1);
          assertThat(trainer.weights().get("conv1.weight").toFloats())
              .isNotEqualTo(weights.get("conv1.weight").toFloats());
        }
        assertThat(scale(trainer)).isEqualTo(expected);
      }
      assertThat(skipped).isBetween(4, 11);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void imagesThatAreNotFiniteChangeNoWeights(String backend) {
    requireNotFiniteImagesChangeNoWeights(trainer(backend, scaled(backend)));
  }

  /** Closes the trainer. */
  static void requireNotFiniteImagesChangeNoWeights(Trainer opened) {
    SyntheticSource poisoned = new SyntheticSource(1, 24, BATCH).poison(2);
    try (Trainer trainer = opened) {
      setScale(trainer, 1024);
      for (int b = 0; b < 2; b++) {
        trainer.step(poisoned.batch(0, b), 0.02);
      }
      assertThat(goodSteps(trainer)).isEqualTo(2);
      Weights weights = trainer.weights();
      Weights states = trainer.states();
      assertThat(trainer.step(poisoned.batch(0, 2), 0.02)).isNaN();
      requireSkipped(trainer, weights, states);
      assertThat(scale(trainer)).isEqualTo(512);
      assertThat(goodSteps(trainer)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void goodStepsInARowDoubleTheScale(String backend) {
    try (Trainer trainer = trainer(backend, growing(scaled(backend), 3))) {
      setScale(trainer, 64);
      List<Double> scales = new ArrayList<>();
      for (int step = 0; step < 7; step++) {
        trainer.step(source.batch(0, step % source.batches()), 0.02);
        scales.add(scale(trainer));
      }
      assertThat(scales).containsExactly(64.0, 64.0, 128.0, 128.0, 128.0, 256.0, 256.0);
      assertThat(goodSteps(trainer)).isEqualTo(1);
    }
  }

  @Test
  void theFirstScaleGrowsAfterTwoThousandSteps() {
    List<Op> scales =
        scaled("reference").graph().ops().stream()
            .filter(LossScaleUpdate.class::isInstance)
            .toList();
    assertThat(scales).hasSize(1);
    assertThat(((LossScaleUpdate) scales.getFirst()).growthInterval()).isEqualTo(2000);
    requireGrowthAfterTwoThousandSteps(trainer("reference", scaled("reference")));
  }

  /** Of which 1,998 are not taken. Closes the trainer. */
  static void requireGrowthAfterTwoThousandSteps(Trainer opened) {
    SyntheticSource source = new SyntheticSource(1, 24, BATCH);
    try (Trainer trainer = opened) {
      assertThat(scale(trainer)).isEqualTo(65536);
      setScale(trainer, 64);
      set(trainer, "loss_scale.good_steps", Tensor.of(Shape.SCALAR, 1998));
      trainer.step(source.batch(0, 0), 0.02);
      assertThat(goodSteps(trainer)).isEqualTo(1999);
      assertThat(scale(trainer)).isEqualTo(64);
      trainer.step(source.batch(0, 1), 0.02);
      assertThat(goodSteps(trainer)).isZero();
      assertThat(scale(trainer)).isEqualTo(128);
    }
  }

  @Test
  void statesWithoutAScaleBeginWithTheFirst() {
    Weights old;
    try (Trainer trainer = trainer("reference", plain())) {
      trainer.step(source.batch(0, 0), 0.02);
      old = trainer.states();
    }
    assertThat(old.tensors().keySet()).noneMatch(name -> name.startsWith("loss_scale"));
    try (Trainer trainer = trainer("reference", growing(scaled("reference"), 2))) {
      trainer.step(source.batch(0, 0), 0.02);
      setScale(trainer, 8);
      trainer.restore(trainer.weights(), old);
      assertThat(scale(trainer)).isEqualTo(65536);
      assertThat(goodSteps(trainer)).isZero();
    }
  }

  /** Powers of two change exponents alone. */
  @Test
  void inFullPrecisionAScaleChangesNoBit() {
    try (Trainer trainer = trainer("reference", plain());
        Trainer scaled = trainer("reference", scaled("cpu"))) {
      for (int b = 0; b < source.batches(); b++) {
        double loss = trainer.step(source.batch(0, b), 0.02);
        assertThat(scaled.step(source.batch(0, b), 0.02)).isEqualTo(loss);
      }
      TrainingTest.assertSame(scaled.weights(), trainer.weights());
    }
  }

  @ParameterizedTest
  @CsvSource({"F32", "BF16"})
  void otherTypesAreNotScaled(DType dtype) {
    assertThat(plain().withPrecision(dtype).graph().ops())
        .noneMatch(LossScaleUpdate.class::isInstance)
        .noneMatch(op -> op instanceof SgdUpdate update && update.factor() != null);
  }

  /** Gradients that f16 would make 0: without a scale, the weights stay as they are. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void smallGradientsAreKept(boolean isScaled) {
    GraphBuilder b = new GraphBuilder();
    Value images = b.input("images", Shape.of(1, 1, 1, 1));
    Value first = b.parameter("first", Shape.of(1, 1));
    Value second = b.parameter("second", Shape.of(1, 1));
    Value third = b.parameter("third", Shape.of(2, 1));
    Value hidden = b.linear("hidden", b.flatten("flat", images), first, null);
    Value logits = b.linear("logits", b.linear("small", hidden, second, null), third, null);
    Model model = new Model("small", b.build(logits), images, logits);
    TrainingGraph step = TrainingGraph.of(model, new Sgd(0, 0), 0);
    TrainingGraph narrow =
        isScaled
            ? step.withPrecision(DType.F16)
            : step.withGraph(MixedPrecision.of(step.graph(), DType.F16));
    Weights weights =
        new Weights(
            Map.of(
                "first", Tensor.of(Shape.of(1, 1), 1f),
                "second", Tensor.of(Shape.of(1, 1), 0x1p-14f),
                "third", Tensor.of(Shape.of(2, 1), 0x1p-14f, -0x1p-14f)));
    try (Trainer trainer = new Trainer(Backends.reference(), ONE_THREAD, narrow, weights)) {
      MemorySegment one = MemorySegment.ofArray(new float[] {1});
      MemorySegment label = MemorySegment.ofArray(new int[1]);
      // The gradients of the logits are -1/2 and 1/2, that of the hidden value -2^-28.
      trainer.step(new Batch(one, Layout.ROW_MAJOR, label, 1), 0x1p18);
      double change = trainer.weights().get("first").get(0) - 1;
      assertThat(change).isEqualTo(isScaled ? 0x1p-10 : 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 9})
  void aResumedTrainingEndsAsAnUndisturbedOne(int crashAfter) throws IOException {
    TrainingGraph step = growing(scaled("reference"), 2);
    Recipe recipe = new Recipe(2, BATCH, SGD, new Schedule.Constant(0.02), 0);
    List<TrainingState> saved = new ArrayList<>();
    try (Trainer trainer = trainer("reference", step);
        Trainer resumed = trainer("reference", step)) {
      Training whole = new Training(trainer, recipe, source, Map.of()).savedTo(saved::add, 0);
      whole.run(TrainingListener.NONE);
      TrainingState middle = saved.get(crashAfter);
      assertThat(middle.states().tensors()).containsKey("loss_scale");
      Training rest = new Training(resumed, recipe, source, Map.of());
      rest.restore(middle);
      rest.run(TrainingListener.NONE);
      TrainingTest.assertSame(resumed.weights(), trainer.weights());
      TrainingTest.assertSame(resumed.states(), trainer.states());
      assertThat(scale(trainer)).as("it has changed").isNotEqualTo(65536);
    }
  }
}
