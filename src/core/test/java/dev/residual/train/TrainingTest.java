package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingTest {
  private static final int BATCH = 4;
  private static final int BATCHES = 6;
  private static final int EPOCHS = 3;
  private static final Map<String, String> SETTINGS = Map.of("model", "tiny");
  private static final SyntheticSource TEST = new SyntheticSource(2, 10, BATCH);

  /** The end of a training that nothing disturbs. */
  private record End(Weights weights, Weights states, List<Metrics> metrics) {}

  /** Stops a training as a crash would. */
  private static final class Crash extends RuntimeException {}

  @ParameterizedTest
  @CsvSource({
    "reference, 1",
    "reference, 4",
    "reference, 6",
    "reference, 7",
    "reference, 17",
    "reference, 18",
    "cpu, 2",
    "cpu, 6",
    "cpu, 9"
  })
  void aResumedTrainingEndsAsAnUndisturbedOne(String name, int crashAfter) throws IOException {
    Backend backend = backend(name);
    End expected = undisturbed(backend);
    List<TrainingState> saved = new ArrayList<>();
    int[] steps = {0};
    TrainingListener crash =
        new TrainingListener() {
          @Override
          public void step(Training training) {
            if (++steps[0] == crashAfter) {
              throw new Crash();
            }
          }
        };
    try (Trainer trainer = TrainerTest.trainer(backend);
        Evaluator evaluator = EvaluatorTest.evaluator(backend)) {
      Training training = training(trainer, evaluator).savedTo(saved::add, 0);
      assertThatThrownBy(() -> training.run(crash)).isInstanceOf(Crash.class);
    }

    try (Trainer trainer = TrainerTest.trainer(backend);
        Evaluator evaluator = EvaluatorTest.evaluator(backend)) {
      Training training = training(trainer, evaluator);
      if (!saved.isEmpty()) {
        training.restore(saved.getLast());
        assertThat(training.epoch() * BATCHES + training.batch())
            .isGreaterThanOrEqualTo(crashAfter - 2);
      }
      assertSame(end(trainer, training.run(TrainingListener.NONE)), expected);
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "5", "6", "11", "18"})
  void aStoppedTrainingSavesItsStepAndIsResumedThere(int stopAfter) throws IOException {
    End expected = undisturbed(Backends.reference());
    List<TrainingState> saved = new ArrayList<>();
    int[] steps = {0};
    TrainingListener stop =
        new TrainingListener() {
          @Override
          public void step(Training training) {
            if (++steps[0] == stopAfter) {
              training.stop();
            }
          }
        };
    try (Trainer trainer = TrainerTest.trainer();
        Evaluator evaluator = EvaluatorTest.evaluator()) {
      Training training = training(trainer, evaluator).savedTo(saved::add, 1e6);
      assertThatThrownBy(() -> training.run(stop))
          .isInstanceOf(CancellationException.class)
          .hasMessageContaining("stopped after epoch " + (1 + (stopAfter - 1) / BATCHES));
      int states = saved.size();
      assertThatThrownBy(() -> training.run(stop)).isInstanceOf(CancellationException.class);
      assertThat(saved).as("nothing new to save").hasSize(states);
    }
    assertThat(steps[0]).isEqualTo(stopAfter);
    try (Trainer trainer = TrainerTest.trainer();
        Evaluator evaluator = EvaluatorTest.evaluator()) {
      Training training = training(trainer, evaluator);
      training.restore(saved.getLast());
      assertThat(training.epoch() * BATCHES + training.batch()).isEqualTo(stopAfter);
      assertSame(end(trainer, training.run(TrainingListener.NONE)), expected);
    }
  }

  @Test
  void aTrainingIsStoppedWithinItsEvaluation() throws IOException {
    List<TrainingState> saved = new ArrayList<>();
    List<Integer> evaluated = new ArrayList<>();
    Training[] running = {null};
    TrainingListener stop =
        new TrainingListener() {
          @Override
          public void evaluation(int done, int batches) {
            evaluated.add(done);
            running[0].stop();
          }
        };
    try (Trainer trainer = TrainerTest.trainer();
        Evaluator evaluator = EvaluatorTest.evaluator()) {
      running[0] = training(trainer, evaluator).savedTo(saved::add, 1e6);
      assertThatThrownBy(() -> running[0].run(stop)).isInstanceOf(CancellationException.class);
    }
    assertThat(evaluated).containsExactly(1);
    assertThat(saved).singleElement().extracting(TrainingState::batch).isEqualTo(BATCHES);
  }

  @Test
  void aTrainingWithoutCheckpointsWithinEpochsSavesNoneWhenStopped() throws IOException {
    List<TrainingState> saved = new ArrayList<>();
    TrainingListener stop =
        new TrainingListener() {
          @Override
          public void step(Training training) {
            training.stop();
          }
        };
    try (Trainer trainer = TrainerTest.trainer()) {
      Training training = training(trainer, null).savedTo(saved::add, Double.POSITIVE_INFINITY);
      assertThatThrownBy(() -> training.run(stop)).isInstanceOf(CancellationException.class);
    }
    assertThat(saved).isEmpty();
  }

  @Test
  void aTrainingCanBeResumedBeforeItsEvaluation() throws IOException {
    End expected = undisturbed(Backends.reference());
    List<TrainingState> states = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void step(Training training) {
            if (training.batch() == BATCHES && training.epoch() == 1) {
              states.add(training.state());
            }
          }
        };
    try (Trainer trainer = TrainerTest.trainer();
        Evaluator evaluator = EvaluatorTest.evaluator()) {
      training(trainer, evaluator).run(listener);
    }
    try (Trainer trainer = TrainerTest.trainer();
        Evaluator evaluator = EvaluatorTest.evaluator()) {
      Training training = training(trainer, evaluator);
      training.restore(states.getFirst());
      assertSame(end(trainer, training.run(TrainingListener.NONE)), expected);
    }
  }

  @Test
  void severalViewsAreMeasuredInTheEndBesideTheEpochs() throws IOException {
    End expected = undisturbed(Backends.reference());
    BatchSource views = new SyntheticSource(7, 12, BATCH);
    List<Integer> batches = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void evaluation(int done, int of) {
            batches.add(of);
          }
        };
    try (Trainer trainer = TrainerTest.trainer();
        Evaluator evaluator = EvaluatorTest.evaluator()) {
      Training training =
          training(trainer, evaluator)
              .finallyEvaluatedBy(views, List.of(1.0), ViewAverage.PROBABILITIES);
      assertThat(training.viewed()).isEmpty();
      assertSame(end(trainer, training.run(listener)), expected);
      Accuracy viewed = training.viewed().orElseThrow();
      assertThat(viewed).isEqualTo(evaluator.evaluate(views));
      assertThat(viewed.top1Rate()).isNotEqualTo(expected.metrics().getLast().testTop1());

      List<Integer> again = List.copyOf(batches);
      batches.clear();
      assertThat(training.run(listener)).as("nothing is left").hasSize(EPOCHS);
      assertThat(training.viewed()).contains(viewed);
      assertThat(again).endsWith(batches.toArray(Integer[]::new)).startsWith(TEST.batches());
      assertThat(batches).containsOnly(views.batches());
    }
  }

  @Test
  void aFinishedTrainingHasNothingLeftToDo() throws IOException {
    List<TrainingState> saved = new ArrayList<>();
    try (Trainer trainer = TrainerTest.trainer()) {
      training(trainer, null).savedTo(saved::add, 1e6).run(TrainingListener.NONE);
      assertThat(saved).as("one at the end of each epoch").hasSize(EPOCHS);
      Training training = training(trainer, null);
      training.restore(saved.getLast());
      TrainingListener listener =
          new TrainingListener() {
            @Override
            public void step(Training training) {
              throw new AssertionError("a step after the last");
            }
          };
      assertThat(training.run(listener)).isEqualTo(saved.getLast().metrics());
    }
  }

  @Test
  void metricsTellOfEachEpoch() throws IOException {
    List<Metrics> heard = new ArrayList<>();
    List<String> evaluations = new ArrayList<>();
    double[] losses = new double[BATCHES];
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void step(Training training) {
            if (training.epoch() == 0) {
              losses[training.batch() - 1] = training.loss();
            }
          }

          @Override
          public void evaluation(int done, int batches) {
            evaluations.add(done + "/" + batches);
          }

          @Override
          public void epoch(Metrics metrics) {
            heard.add(metrics);
          }
        };
    End end;
    try (Trainer trainer = TrainerTest.trainer();
        Evaluator evaluator = EvaluatorTest.evaluator()) {
      end = end(trainer, training(trainer, evaluator).run(listener));
      evaluator.write(trainer.weights());
      Accuracy accuracy = evaluator.evaluate(TEST);
      assertThat(heard.getLast().testTop1()).isEqualTo(accuracy.top1Rate());
      assertThat(heard.getLast().testTop5()).isEqualTo(1);
    }
    assertThat(heard).isEqualTo(end.metrics());
    assertThat(heard.stream().map(Metrics::epoch)).containsExactly(1, 2, 3);
    assertThat(heard.stream().map(Metrics::learningRate)).containsExactly(0.05, 0.05, 0.05 * 0.1);
    assertThat(evaluations).startsWith("1/3", "2/3", "3/3", "1/3").hasSize(3 * EPOCHS);
    double sum = 0;
    for (double loss : losses) {
      sum += loss * BATCH;
    }
    assertThat(heard.getFirst().trainLoss()).isEqualTo(sum / (BATCH * BATCHES));
    assertThat(heard.getFirst().imagesPerSecond()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void aLossThatIsNoNumberStopsTheTrainingAndLeavesTheLastCheckpoint(String backend) {
    List<TrainingState> saved = new ArrayList<>();
    SyntheticSource poisoned = source().poison(2);
    try (Trainer trainer = TrainerTest.trainer(backend(backend))) {
      Training training =
          new Training(trainer, recipe(), poisoned, SETTINGS).savedTo(saved::add, 0);
      assertThatThrownBy(() -> training.run(TrainingListener.NONE))
          .isInstanceOf(DivergenceException.class)
          .hasMessageContaining("NaN in epoch 1 of 3, step 3 of 6");
    }
    assertThat(saved.getLast().batch()).isEqualTo(2);
    saved
        .getLast()
        .weights()
        .tensors()
        .forEach((name, tensor) -> assertThat(tensor.isFinite()).as(name).isTrue());
  }

  @Test
  void weightsThatAreNotFiniteAreNeverSaved() {
    List<TrainingState> saved = new ArrayList<>();
    // Beyond the largest float, so that the update of the first step gives infinite weights, but
    // its loss is from before.
    Recipe recipe = new Recipe(1, BATCH, new Sgd(0.9, 1e-4), new Schedule.Constant(1e39), 0);
    try (Trainer trainer = TrainerTest.trainer()) {
      Training training = new Training(trainer, recipe, source(), SETTINGS).savedTo(saved::add, 0);
      assertThatThrownBy(() -> training.run(TrainingListener.NONE))
          .isInstanceOf(DivergenceException.class)
          .hasMessageContaining("conv1.weight holds")
          .hasMessageContaining("after epoch 1 of 1, step 1 of 6");
    }
    assertThat(saved).isEmpty();
  }

  @Test
  void anotherRecipeIsRefusedAndNamed() {
    try (Trainer trainer = TrainerTest.trainer()) {
      TrainingState state = training(trainer, null).state();
      Recipe recipe = new Recipe(EPOCHS, BATCH, new Sgd(0.9, 1e-4), new Schedule.Constant(0.1), 0);
      Training other = new Training(trainer, recipe, source(), Map.of("model", "small"));
      assertThatThrownBy(() -> other.restore(state))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("model is tiny, now small")
          .hasMessageContaining("schedule is MultiStep")
          .hasMessageNotContaining("batch");
    }
  }

  @Test
  void dataThatDoNotFitAreRefused() {
    try (Trainer trainer = TrainerTest.trainer()) {
      assertThatThrownBy(
              () -> new Training(trainer, recipe(), new SyntheticSource(1, 24, 6), SETTINGS))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("6x3x8x8");
    }
  }

  static void assertSame(Weights found, Weights expected) {
    assertThat(found.tensors().keySet()).isEqualTo(expected.tensors().keySet());
    expected
        .tensors()
        .forEach(
            (name, tensor) -> {
              Tensor other = found.get(name);
              assertThat(other.data().mismatch(tensor.data())).as(name).isEqualTo(-1);
            });
  }

  private static void assertSame(End found, End expected) {
    assertSame(found.weights(), expected.weights());
    assertSame(found.states(), expected.states());
    assertThat(found.metrics().stream().map(TrainingTest::withoutTimes).toList())
        .isEqualTo(expected.metrics().stream().map(TrainingTest::withoutTimes).toList());
  }

  private static Metrics withoutTimes(Metrics m) {
    return new Metrics(
        m.epoch(),
        m.learningRate(),
        m.trainLoss(),
        m.trainTop1(),
        m.testTop1(),
        m.testTop5(),
        0,
        0);
  }

  private static Backend backend(String name) {
    return name.equals("cpu") ? Backends.cpu() : Backends.reference();
  }

  private static End undisturbed(Backend backend) throws IOException {
    try (Trainer trainer = TrainerTest.trainer(backend);
        Evaluator evaluator = EvaluatorTest.evaluator(backend)) {
      return end(trainer, training(trainer, evaluator).run(TrainingListener.NONE));
    }
  }

  private static End end(Trainer trainer, List<Metrics> metrics) {
    return new End(trainer.weights(), trainer.states(), metrics);
  }

  private static Training training(Trainer trainer, Evaluator evaluator) {
    Training training = new Training(trainer, recipe(), source(), SETTINGS);
    return evaluator == null ? training : training.evaluatedBy(evaluator, TEST);
  }

  private static SyntheticSource source() {
    return new SyntheticSource(1, BATCH * BATCHES, BATCH);
  }

  private static Recipe recipe() {
    Schedule schedule = new Schedule.MultiStep(0.05, List.of(2), 0.1);
    return new Recipe(EPOCHS, BATCH, new Sgd(0.9, 1e-4), schedule, 0);
  }
}
