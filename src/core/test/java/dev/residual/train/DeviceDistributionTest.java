package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.engine.Backend;
import dev.residual.engine.Communicator;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.ThreadProcesses;
import dev.residual.nn.Initializer;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.train.DistributionTest.Seen;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trainings of processes with a GPU each, which are threads and devices of software. */
@ExtendWith(SoftwareDevice.class)
class DeviceDistributionTest {
  private static final int DEVICES = 3;

  @BeforeAll
  static void open() {
    SoftwareDevice.set("devices", DEVICES);
    // What all sessions of a device share is no leak.
    for (int i = 0; i < DEVICES; i++) {
      SoftwareDevice.backend(i);
    }
  }

  @AfterAll
  static void close() {
    SoftwareDevice.set("devices", 1);
  }

  private static List<Seen> train(int processes, Recipe recipe, Distribution distribution)
      throws Exception {
    return ThreadProcesses.run(
        processes,
        member ->
            DistributionTest.train(
                SoftwareDevice.backend(member.rank()), member, recipe, distribution));
  }

  @ParameterizedTest
  @CsvSource({"2, 1, 2048", "3, 2, 1000000"})
  void gpusTrainAsProcessorsDo(int processes, int accumulation, long bucketBytes) throws Exception {
    Recipe recipe = DistributionTest.recipe(accumulation);
    Distribution distribution = Distribution.of(processes).withBucketBytes(bucketBytes);
    List<Seen> expected =
        ThreadProcesses.run(
            processes,
            member -> DistributionTest.train(Backends.reference(), member, recipe, distribution));
    List<Seen> found = train(processes, recipe, distribution);
    requireClose(found.getFirst(), expected.getFirst());
    DistributionTest.requireEqual(found);
    List<Seen> again = train(processes, recipe, distribution);
    DistributionTest.requireEqual(List.of(found.getFirst(), again.getLast()));
  }

  @Test
  void withSharedNormsGpusTrainAsOneProcessorDoes() throws Exception {
    Recipe recipe = DistributionTest.recipe(2);
    Seen expected =
        DistributionTest.train(Backends.reference(), Communicator.ALONE, recipe, Distribution.NONE);
    List<Seen> found =
        train(3, recipe, Distribution.of(3).withSharedNorms(true).withBucketBytes(4096));
    requireClose(found.getFirst(), expected);
    DistributionTest.requireEqual(found);
  }

  /** In a network whose blocks cuDNN has plans for. */
  @ParameterizedTest
  @CsvSource({"F32, 1e-4", "BF16, 4e-2"})
  void residualBlocksTrainAsTheReferenceDoes(DType precision, double tolerance) throws Exception {
    List<Double> expected =
        ThreadProcesses.run(2, member -> losses(Backends.reference(), member, precision)).getLast();
    List<Double> found =
        ThreadProcesses.run(2, member -> losses(device(member), member, precision)).getLast();
    for (int step = 0; step < expected.size(); step++) {
      assertThat(found.get(step))
          .as("step %s of %s, expected %s", step, found, expected)
          .isCloseTo(expected.get(step), within(tolerance));
    }
  }

  private static Backend device(Communicator member) {
    return SoftwareDevice.backend(member.rank());
  }

  private static List<Double> losses(Backend backend, Communicator member, DType precision) {
    try (Trainer trainer = residual(backend, member, precision)) {
      Random random = new Random(member.rank());
      List<Double> losses = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        losses.add(trainer.step(batch(random, 1), 0.005));
      }
      return losses;
    }
  }

  private static Trainer residual(Backend backend, Communicator member, DType precision) {
    ResNet network = ResNet.named("resnet20-cifar").input(8, 8);
    Recipe recipe = new Recipe(1, 4, new Sgd(0.9, 1e-4), new Schedule.Constant(0.05), 0);
    Distribution distribution = Distribution.of(2).withSharedNorms(true);
    return new Trainer(
        backend,
        new CompileOptions(1).withCommunicator(member),
        TrainingGraph.of(network.training(2), recipe, false, precision, distribution),
        new Initializer(Initializer.Fan.OUT, 5).weights(network.inference(1).graph()));
  }

  private static Batch batch(Random random, float scale) {
    float[] pixels = new float[2 * 3 * 8 * 8];
    for (int p = 0; p < pixels.length; p++) {
      pixels[p] = scale * (float) random.nextGaussian();
    }
    MemorySegment labels = MemorySegment.ofArray(new int[] {1, 2});
    return new Batch(MemorySegment.ofArray(pixels), Layout.ROW_MAJOR, labels, 2);
  }

  @Test
  void gradientsThatOverflowOnOneGpuSkipTheStepOnAll() throws Exception {
    List<List<Weights>> all =
        ThreadProcesses.run(
            2,
            member -> {
              try (Trainer trainer = residual(device(member), member, DType.F16)) {
                List<Weights> seen = new ArrayList<>();
                Random random = new Random(member.rank());
                for (float scale : new float[] {1, 1, Float.NaN, 1}) {
                  double loss = trainer.step(batch(random, member.rank() == 1 ? scale : 1), 0.005);
                  assertThat(Double.isNaN(loss)).isEqualTo(Float.isNaN(scale));
                  seen.add(trainer.weights());
                }
                return seen;
              }
            });
    for (int step = 0; step < 4; step++) {
      DistributionTest.requireEqual(all.getFirst().get(step), all.getLast().get(step));
    }
    float[] before = all.getFirst().get(1).get("linear.weight").toFloats();
    assertThat(all.getFirst().get(2).get("linear.weight").toFloats()).isEqualTo(before);
    assertThat(all.getFirst().get(3).get("linear.weight").toFloats()).isNotEqualTo(before);
  }

  @Test
  void aStepOfTwoProcessesIsNotOneOfOne() {
    TrainingGraph graph =
        TrainingGraph.of(
            TinyNetwork.network().training(4),
            DistributionTest.recipe(1),
            false,
            DType.F32,
            Distribution.of(2).withSharedNorms(true));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SoftwareDevice.backend().compile(graph.graph()))
        .withMessageContaining("is for 2 processes, but there are 1");
  }

  private static void requireClose(Seen found, Seen expected) {
    assertThat(found.losses()).hasSameSizeAs(expected.losses());
    for (int step = 0; step < expected.losses().size(); step++) {
      assertThat(found.losses().get(step))
          .as("step %s", step)
          .isCloseTo(expected.losses().get(step), within(2e-4));
    }
    expected
        .weights()
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(found.weights().get(name).toDoubles())
                    .as(name)
                    .containsExactly(tensor.toDoubles(), within(2e-3)));
  }
}
