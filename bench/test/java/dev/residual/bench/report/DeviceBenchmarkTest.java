package dev.residual.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.bench.Notes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Benchmarks from JMH to the table, on a device, which is the software device here. */
@ExtendWith(SoftwareDevice.class)
class DeviceBenchmarkTest {
  private static final String TUNING = "residual.tuning";
  private static final String ANY_NUMBER_OF_RUNS = "jmh.ignoreLock";

  @BeforeAll
  static void measureNoPlans() {
    // The times of the software device say nothing.
    System.setProperty(TUNING, "off");
    System.setProperty(ANY_NUMBER_OF_RUNS, "true");
  }

  @AfterAll
  static void forget() {
    System.clearProperty(TUNING);
    System.clearProperty(ANY_NUMBER_OF_RUNS);
    System.clearProperty(Notes.FILE);
  }

  private static Outcome measure(
      String benchmark, String precision, String device, String framework, Path folder)
      throws RunnerException, IOException {
    Path notes = Files.createFile(folder.resolve("notes"));
    System.setProperty(Notes.FILE, notes.toString());
    Runner runner =
        new Runner(
            new OptionsBuilder()
                .include("\\." + benchmark + "$")
                .param("workload", "resnet20-cifar x 2")
                .param("precision", precision)
                .param("device", device)
                .param("framework", framework)
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(3)
                .measurementTime(TimeValue.milliseconds(1))
                .verbosity(VerboseMode.SILENT)
                .build());
    List<Outcome> outcomes = Collected.from(runner.run(), notes);
    assertThat(outcomes).hasSize(1);
    return outcomes.getFirst();
  }

  @ParameterizedTest
  @CsvSource({
    "TrainingStepBenchmark.step, f16, cuda",
    "TrainingStepBenchmark.step, f32, cuda:0",
    "InferenceBenchmark.infer, bf16, cuda",
    "InferenceBenchmark.infer, int8, cuda"
  })
  void aNetworkRunsOnTheDevice(
      String benchmark, String precision, String device, @TempDir Path folder)
      throws RunnerException, IOException {
    long launches = SoftwareDevice.get("graph-launches");
    Outcome outcome = measure(benchmark, precision, device, "residual", folder);
    assertThat(outcome.samples()).as(outcome.absent()).hasSize(3);
    assertThat(SoftwareDevice.get("graph-launches") - launches)
        .as("all but the first run replay what was recorded")
        .isEqualTo(2);
    assertThat(outcome.device()).isEqualTo(device);
    assertThat(outcome.notes().get(Notes.FRAMEWORK)).asString().contains("cuDNN 9.");
    assertThat(outcome.memory()).isPositive();
    assertThat(Table.of(new Results(Machine.current(), List.of(outcome))))
        .contains("Software", "cuDNN 9.", "| %s | ".formatted(device), "residual on " + device);
  }

  @Test
  void whatCannotRunOnItIsSaid(@TempDir Path folder) throws RunnerException, IOException {
    String training = "TrainingStepBenchmark.step";
    assertThat(measure(training, "f32", "cuda", "djl", folder).absent())
        .contains("no code for GPUs");
  }

  @Test
  void halvesOfTheProcessorAreNotMeasured(@TempDir Path folder)
      throws RunnerException, IOException {
    assertThat(measure("InferenceBenchmark.infer", "f16", "cpu", "residual", folder).absent())
        .isEqualTo("f16 is measured on a GPU alone");
  }

  @Test
  void aGpuThatIsNotThereIsNamed(@TempDir Path folder) throws RunnerException, IOException {
    assertThat(measure("InferenceBenchmark.infer", "f32", "cuda:7", "residual", folder).absent())
        .contains("there is no GPU 7");
  }
}
