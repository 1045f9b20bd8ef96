package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.bindings.kernels.KernelLibrary;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A JVM that exits while a primitive runs does not destroy what it uses. */
class ExitTest {
  /** How long a JVM waits by itself for threads in native code, and something to end. */
  private static final double JVM = 0.3 + 0.3;

  @BeforeEach
  void requireKernels() {
    assumeThat(KernelLibrary.isAvailable()).as("calls are counted by the kernels").isTrue();
  }

  @Test
  void theExitWaitsForAPrimitiveUnderWay() throws Exception {
    assertThat(secondsToExit(2.4)).isGreaterThan(JVM);
  }

  @Test
  @Tag("slow")
  void theExitDoesNotWaitForLong() throws Exception {
    assertThat(secondsToExit(12)).isBetween(2.0, 8.0);
  }

  private static double secondsToExit(double primitive) throws IOException, InterruptedException {
    Process process =
        ProbeJvm.builder(ExitProbe.class, List.of(), String.valueOf(primitive)).start();
    try (BufferedReader output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("exit");
      long start = System.nanoTime();
      assertThat(output.readAllAsString()).isEmpty();
      assertThat(process.waitFor()).isEqualTo(7);
      return (System.nanoTime() - start) / 1e9;
    }
  }
}
