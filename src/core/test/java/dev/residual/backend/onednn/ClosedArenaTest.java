package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory that is closed while a session runs ends a run or stays; it does not end the JVM. */
class ClosedArenaTest {

  @ParameterizedTest
  @CsvSource({"true,on,direct", "false,on,direct", "true,on,onednn", "false,off,onednn"})
  void whatARunWorksInIsNotClosed(boolean oneArena, String kernels, String convolutions)
      throws Exception {
    String output =
        ProbeJvm.run(
            ClosedArenaProbe.class,
            List.of(
                "-Dresidual.tuning=off",
                "-Dresidual.kernels=" + kernels,
                "-Dresidual.convolutions=" + convolutions),
            String.valueOf(oneArena));
    assertThat(output).as("closings refused, runs refused").isEqualTo("true true\n");
  }
}
