package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.engine.Communicator;
import dev.residual.engine.ThreadProcesses;
import dev.residual.train.DistributionTest.Seen;
import java.util.List;
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
  @CsvSource({"2, 1, 1000000", "2, 1, 2048", "3, 2, 4096"})
  void gpusTrainAsProcessorsDo(int processes, int accumulation, long bucketBytes)
      throws Exception {
    Recipe recipe = DistributionTest.recipe(accumulation);
    Distribution distribution = Distribution.of(processes).withBucketBytes(bucketBytes);
    List<Seen> expected =
        ThreadProcesses.run(
            processes,
            member ->
                DistributionTest.train(Backends.reference(), member, recipe, distribution));
    List<Seen> found = train(processes, recipe, distribution);
    requireClose(found.getFirst(), expected.getFirst());
    DistributionTest.requireEqual(found);
  }

  @ParameterizedTest
  @CsvSource({"2, 1, 1000000", "3, 2, 4096"})
  void withSharedNormsGpusTrainAsOneProcessorDoes(int processes, int accumulation, long bucketBytes)
      throws Exception {
    Recipe recipe = DistributionTest.recipe(accumulation);
    Seen expected =
        DistributionTest.train(
            Backends.reference(), Communicator.ALONE, recipe, Distribution.NONE);
    List<Seen> found =
        train(
            processes,
            recipe,
            Distribution.of(processes).withSharedNorms(true).withBucketBytes(bucketBytes));
    requireClose(found.getFirst(), expected);
    DistributionTest.requireEqual(found);
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

  @Test
  void aSecondTrainingGivesTheSameBits() throws Exception {
    Recipe recipe = DistributionTest.recipe(1);
    Distribution distribution = Distribution.of(2).withBucketBytes(2048);
    Seen first = train(2, recipe, distribution).getFirst();
    DistributionTest.requireEqual(
        List.of(first, train(2, recipe, distribution).getLast()));
  }
}
