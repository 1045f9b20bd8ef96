package dev.residual.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.bench.Notes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With shell scripts in place of Python. */
class PythonPeerTest {
  private static final Map<String, String> SETTING =
      Map.of("workload", "resnet50 x 256", "device", "cuda:1", "precision", "f16", "threads", "2");

  private static Outcome measure(Path folder, String script) throws IOException {
    Path interpreter = folder.resolve("python");
    Files.writeString(interpreter, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(interpreter, PosixFilePermissions.fromString("rwx------"));
    List<Outcome> outcomes =
        new PythonPeer(interpreter.toString(), List.of("compile"), List.of())
            .measure("TrainingStepBenchmark.step", SETTING);
    assertThat(outcomes).hasSize(1);
    return outcomes.getFirst();
  }

  @Test
  void theDeviceIsPassedAndItsMemoryIsKept(@TempDir Path folder) throws IOException {
    Outcome outcome =
        measure(
            folder,
            """
            case "$*" in *"--device cuda:1"*) ;; *) echo "no device in $*" >&2; exit 1 ;; esac
            echo '{"milliseconds": [5.0], "notes": {"deviceMebibytes": 700.5}}'
            """);
    assertThat(outcome.absent()).isNull();
    assertThat(outcome.memory()).isEqualTo(700.5);
    assertThat(Table.of(new Results(Machine.current(), List.of(outcome))))
        .contains("| cuda:1 | f16 | 2 | resnet50 x 256 |", "51200");
  }

  @Test
  void aMachineWithoutAGpuGivesTheReason(@TempDir Path folder) throws IOException {
    Outcome outcome = measure(folder, "echo no usable GPU >&2\nexit 1\n");
    assertThat(outcome.samples()).isEmpty();
    assertThat(outcome.notes()).containsEntry(Notes.ABSENT, "no usable GPU");
  }
}
