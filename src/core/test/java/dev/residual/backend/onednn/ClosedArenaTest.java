package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory that is closed while a session runs ends a run or stays; it does not end the JVM. */
class ClosedArenaTest {

  @ParameterizedTest
  @CsvSource({"true,on,direct", "false,on,direct", "true,on,onednn", "false,off,onednn"})
  void whatARunWorksInIsNotClosed(boolean oneArena, String kernels, String convolutions)
      throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-Dresidual.tuning=off",
                    "-Dresidual.kernels=" + kernels,
                    "-Dresidual.convolutions=" + convolutions,
                    "-cp",
                    System.getProperty("java.class.path"),
                    ClosedArenaProbe.class.getName(),
                    String.valueOf(oneArena)))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).as("closings refused, runs refused").isEqualTo("true true\n");
  }
}
