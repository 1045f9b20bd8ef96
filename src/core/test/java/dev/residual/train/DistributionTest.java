package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.ThreadProcesses;
import dev.residual.graph.AllReduce;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.passes.GradientSums;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trainings of several processes, which are threads here, beside those of one. */
class DistributionTest {
  private static final int BATCH = 12;
  private static final int STEPS = 8;
  private static final SyntheticSource SOURCE = new SyntheticSource(1, STEPS * BATCH, BATCH);

  /** What a process saw of a training. */
  record Seen(List<Double> losses, Weights weights, Weights states, List<Metrics> rows) {}

  /** The part that a process takes of each batch. */
  record Part(int rank, int processes) implements BatchSource {
    @Override
    public int images() {
      return SOURCE.images() / processes;
    }

    @Override
    public int batches() {
      return STEPS;
    }

    @Override
    public Shape shape() {
      return TinyNetwork.shape(BATCH / processes);
    }

    @Override
    public int classes() {
      return TinyNetwork.CLASSES;
    }

    @Override
    public Batches epoch(int epoch, int first) {
      return new Batches() {
        private int next = first;

        @Override
        public @Nullable Batch next() {
          return next == STEPS ? null : cut(SOURCE.batch(epoch, next++));
        }

        @Override
        public void close() {}
      };
    }

    private Batch cut(Batch whole) {
      int count = BATCH / processes;
      long image = whole.images().byteSize() / BATCH;
      MemorySegment images = whole.images().asSlice(rank * count * image, count * image);
      MemorySegment labels = whole.labels().asSlice(rank * count * 4L, count * 4L);
      return new Batch(images, Layout.ROW_MAJOR, labels, count);
    }
  }

  static Recipe recipe(int accumulation) {
    return new Recipe(2, BATCH, new Sgd(0.9, 5e-4, true, true), new Schedule.Constant(0.05), 0.1)
        .withAccumulation(accumulation);
  }

  static Trainer trainer(
      Backend backend, Communicator communicator, Recipe recipe, Distribution distribution) {
    TrainingGraph graph =
        TrainingGraph.of(
            TinyNetwork.network().dropout(0.0).training(BATCH / communicator.size()),
            recipe,
            false,
            DType.F32,
            distribution);
    CompileOptions options =
        new CompileOptions(1).withMeasured(false).withCommunicator(communicator);
    return new Trainer(backend, options, graph, TinyNetwork.weights(3));
  }

  static Seen train(
      Backend backend, Communicator communicator, Recipe recipe, Distribution distribution)
      throws Exception {
    List<Double> losses = new ArrayList<>();
    try (Trainer trainer = trainer(backend, communicator, recipe, distribution)) {
      trainer.seed(5);
      Part part = new Part(communicator.rank(), communicator.size());
      List<Metrics> rows =
          new Training(trainer, recipe, part, Map.of())
              .run(
                  new TrainingListener() {
                    @Override
                    public void step(Training training) {
                      losses.add(training.loss());
                    }
                  });
      return new Seen(losses, trainer.weights(), trainer.states(), rows);
    }
  }

  private static Backend backend(String name) {
    return Backends.named(name);
  }

  @ParameterizedTest
  @CsvSource({
    "reference, 2, 1, 1000000",
    "reference, 3, 2, 64",
    "cpu, 2, 1, 1000000",
    "cpu, 4, 1, 64",
    "cpu, 3, 2, 4096"
  })
  void withSharedNormsProcessesTrainAsOneDoes(
      String backend, int processes, int accumulation, long bucketBytes) throws Exception {
    Recipe recipe = recipe(accumulation);
    Seen one = train(backend(backend), Communicator.ALONE, recipe, Distribution.NONE);
    Distribution distribution =
        Distribution.of(processes).withSharedNorms(true).withBucketBytes(bucketBytes);
    List<Seen> all =
        ThreadProcesses.run(
            processes, member -> train(backend(backend), member, recipe, distribution));
    for (int step = 0; step < one.losses().size(); step++) {
      assertThat(all.getFirst().losses().get(step))
          .as("step %s", step)
          .isCloseTo(one.losses().get(step), within(2e-4));
    }
    one.weights()
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(all.getFirst().weights().get(name).toDoubles())
                    .as(name)
                    .containsExactly(tensor.toDoubles(), within(2e-3)));
    assertThat(all.getFirst().rows().getLast().trainTop1())
        .isCloseTo(one.rows().getLast().trainTop1(), within(0.03));
    requireEqual(all);
  }

  @Test
  void withNormsOfTheirOwnProcessesHaveTheSameWeights() throws Exception {
    Distribution distribution = Distribution.of(2).withBucketBytes(1000);
    List<Seen> all =
        ThreadProcesses.run(2, member -> train(backend("cpu"), member, recipe(1), distribution));
    requireEqual(all);
    List<Seen> again =
        ThreadProcesses.run(2, member -> train(backend("cpu"), member, recipe(1), distribution));
    requireEqual(List.of(all.getFirst(), again.getFirst()));
  }

  static void requireEqual(List<Seen> all) {
    for (Seen other : all) {
      assertThat(other.losses()).isEqualTo(all.getFirst().losses());
      requireEqual(all.getFirst().weights(), other.weights());
      requireEqual(all.getFirst().states(), other.states());
    }
  }

  static void requireEqual(Weights first, Weights other) {
    first
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(tensor.data().mismatch(other.get(name).data())).as(name).isEqualTo(-1));
  }

  @Test
  void aProcessWithOtherWeightsIsNamed() {
    Recipe recipe = recipe(1);
    assertThatExceptionOfType(CommunicationException.class)
        .isThrownBy(
            () ->
                ThreadProcesses.run(
                    3,
                    member -> {
                      Distribution distribution = Distribution.of(3);
                      try (Trainer trainer =
                          trainer(backend("cpu"), member, recipe, distribution)) {
                        if (member.rank() == 2) {
                          spoil(trainer);
                        }
                        Part part = new Part(member.rank(), 3);
                        return new Training(trainer, recipe, part, Map.of())
                            .run(TrainingListener.NONE);
                      }
                    }))
        .withMessage("process 2 has other weights than process 0");
  }

  private static void spoil(Trainer trainer) {
    Weights weights = trainer.weights();
    Tensor tensor = weights.get("linear.weight");
    tensor.set(0, tensor.get(0) + 1e-3);
    trainer.write(weights);
  }

  @Test
  void aProcessWithOtherSettingsIsNamed() {
    assertThatExceptionOfType(CommunicationException.class)
        .isThrownBy(
            () ->
                ThreadProcesses.run(
                    2,
                    member -> {
                      Recipe recipe = recipe(1);
                      try (Trainer trainer =
                          trainer(backend("cpu"), member, recipe, Distribution.of(2))) {
                        Part part = new Part(member.rank(), 2);
                        Map<String, String> settings = Map.of("seed", "" + member.rank());
                        return new Training(trainer, recipe, part, settings)
                            .run(TrainingListener.NONE);
                      }
                    }))
        .withMessage("process 1 has other seed than process 0");
  }

  @Test
  void allStopAfterTheSameStepAndGoOnFromItInAnyNumber() throws Exception {
    Recipe recipe = recipe(1);
    Distribution two = Distribution.of(2).withSharedNorms(true);
    List<TrainingState> states = ThreadProcesses.run(2, member -> stopped(member, recipe, two));
    assertThat(states.getFirst().batch()).isEqualTo(states.getLast().batch()).isBetween(3, 4);
    requireEqual(states.getFirst().weights(), states.getLast().weights());
    requireEqual(states.getFirst().states(), states.getLast().states());
    Seen undisturbed =
        ThreadProcesses.run(2, member -> train(backend("cpu"), member, recipe, two)).getFirst();
    List<Weights> resumed =
        ThreadProcesses.run(2, member -> resumed(member, recipe, two, states.getFirst()));
    requireEqual(undisturbed.weights(), resumed.getLast());
    Weights alone = resumed(Communicator.ALONE, recipe, Distribution.NONE, states.getFirst());
    alone
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(undisturbed.weights().get(name).toDoubles())
                    .containsExactly(tensor.toDoubles(), within(2e-3)));
  }

  private static TrainingState stopped(
      Communicator member, Recipe recipe, Distribution distribution) {
    List<TrainingState> saved = new ArrayList<>();
    try (Trainer trainer = trainer(backend("cpu"), member, recipe, distribution)) {
      trainer.seed(5);
      Training training =
          new Training(trainer, recipe, new Part(member.rank(), member.size()), Map.of())
              .savedTo(saved::add, 1e6);
      assertThatExceptionOfType(CancellationException.class)
          .isThrownBy(
              () ->
                  training.run(
                      new TrainingListener() {
                        @Override
                        public void step(Training stepped) {
                          if (stepped.batch() == 3 && member.rank() == 1) {
                            stepped.stop();
                          }
                        }
                      }));
      return saved.getLast();
    }
  }

  private static Weights resumed(
      Communicator member, Recipe recipe, Distribution distribution, TrainingState state)
      throws Exception {
    try (Trainer trainer = trainer(backend("cpu"), member, recipe, distribution)) {
      Part part = new Part(member.rank(), member.size());
      Training training = new Training(trainer, recipe, part, Map.of());
      training.restore(state);
      training.run(TrainingListener.NONE);
      return trainer.weights();
    }
  }

  @Test
  void gradientsAreExchangedInBucketsAndThoseOfSharedNormsAreNot() {
    Recipe recipe = recipe(1);
    TrainingGraph own =
        TrainingGraph.of(
            TinyNetwork.network().training(4), recipe, false, DType.F32, Distribution.of(2));
    long parameters =
        own.gradients().values().stream().mapToLong(gradient -> gradient.bytes()).sum();
    assertThat(sums(own)).hasSize(1);
    assertThat(sums(own).getFirst().bytes()).isEqualTo(parameters);
    TrainingGraph buckets =
        TrainingGraph.of(
            TinyNetwork.network().training(4),
            recipe,
            false,
            DType.F32,
            Distribution.of(2).withBucketBytes(2048));
    assertThat(sums(buckets)).hasSizeGreaterThan(2);
    assertThat(sums(buckets).stream().mapToLong(AllReduce::bytes).sum()).isEqualTo(parameters);
    // The last layer's come first.
    assertThat(sums(buckets).getFirst().srcs().getFirst().name()).contains("linear");
    TrainingGraph shared =
        TrainingGraph.of(
            TinyNetwork.network().training(4),
            recipe,
            false,
            DType.F32,
            Distribution.of(2).withSharedNorms(true));
    long norms =
        own.graph().ops().stream()
            .filter(BatchNormBackward.class::isInstance)
            .map(BatchNormBackward.class::cast)
            .mapToLong(norm -> norm.diffScale().bytes() + norm.diffShift().bytes())
            .sum();
    assertThat(norms).isPositive();
    assertThat(sums(shared).getFirst().bytes()).isEqualTo(parameters - norms);
  }

  private static List<AllReduce> sums(TrainingGraph graph) {
    return graph.graph().ops().stream()
        .filter(AllReduce.class::isInstance)
        .map(AllReduce.class::cast)
        .toList();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Distribution.of(5).part(12))
        .withMessageContaining("12 images cannot be shared evenly by 5 processes");
    assertThatIllegalArgumentException().isThrownBy(() -> Distribution.of(0));
    TrainingGraph graph =
        TrainingGraph.of(
            TinyNetwork.network().training(4),
            recipe(1),
            false,
            DType.F32,
            Distribution.of(2).withSharedNorms(true));
    for (String name : List.of("cpu", "reference")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> backend(name).compile(graph.graph()))
          .withMessageContaining("is for 2 processes, but there are 1");
    }
    assertThat(GradientSums.of(graph.graph(), 1, 1)).isSameAs(graph.graph());
  }
}
