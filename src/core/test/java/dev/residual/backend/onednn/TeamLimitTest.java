package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads of a primitive wait for all that it was made for, so teams must have as many. */
class TeamLimitTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OMP_DYNAMIC=true",
        "OMP_THREAD_LIMIT=1",
        "OMP_MAX_ACTIVE_LEVELS=0",
        "OMP_NUM_THREADS=1",
        "OMP_NUM_THREADS=3,2",
        "OMP_NESTED=true"
      })
  void whateverOpenMpIsToldATrainingGoesOn(String variable) throws Exception {
    Path output = folder.resolve("output");
    ProcessBuilder builder =
        ProbeJvm.builder(
                TeamProbe.class, List.of("-Dresidual.tuning=off", "-Dresidual.convolutions=onednn"))
            .redirectOutput(output.toFile());
    String[] parts = variable.split("=", 2);
    builder.environment().put(parts[0], parts[1]);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("it ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(Files.readString(output, StandardCharsets.UTF_8)).endsWith("done\n");
  }
}
