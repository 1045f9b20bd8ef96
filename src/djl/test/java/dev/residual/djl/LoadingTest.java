package dev.residual.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.backend.onednn.ProbeJvm;
import dev.residual.io.onnx.OnnxFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadingTest {
  @TempDir Path folder;

  @Test
  void residentMemoryStaysFlat() throws Exception {
    assumeThat(LoadingProbe.STATUS).as("resident memory is read from here").exists();
    String output =
        ProbeJvm.run(
            LoadingProbe.class,
            List.of(
                // All of the heap is resident from the beginning: what grows is native.
                "-Xms128m",
                "-Xmx128m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-DOPT_OUT_TRACKING=true"),
            OnnxFiles.network().write(folder).toString());
    String[] kilobytes = output.strip().split(" ");
    // The images of a session alone take 600 kB.
    assertThat(Long.parseLong(kilobytes[1])).isLessThan(Long.parseLong(kilobytes[0]) + 2048);
  }

  /** As programs for other engines can afford it. */
  @Test
  void aProgramThatClosesNothingEnds() throws Exception {
    Process process =
        ProbeJvm.builder(
                ForgetfulProbe.class,
                List.of("-DOPT_OUT_TRACKING=true"),
                OnnxFiles.network().write(folder).toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
