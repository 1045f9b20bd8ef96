package dev.residual.backend.cudnn.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.backend.onednn.ProbeJvm;
import dev.residual.bindings.kernels.cuda.CudaKernels;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * The real NVRTC, where it is installed, compiles all our kernels without a warning. A GPU is not
 * needed, and no driver.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class KernelCompilerTest {

  /** A100, H100, B200 and the GPUs of desktops. */
  private static final String[] COMPUTE_CAPABILITIES = {"80", "90", "100", "120"};

  @Test
  void kernelsCompileWithoutWarnings() throws Exception {
    String output = ProbeJvm.run(KernelCompilerProbe.class, List.of(), COMPUTE_CAPABILITIES);
    List<String> lines = output.lines().toList();
    assumeTrue(
        lines.getFirst().startsWith("library: NVRTC "),
        lines.getFirst() + ", in the python that RESIDUAL_PYTHON names");
    long files =
        CudaKernels.sources().keySet().stream().filter(file -> file.endsWith(".cu")).count();
    assertThat(lines.subList(1, lines.size()))
        .as(output)
        .allMatch(line -> line.matches("sm_\\d+ \\w+\\.cu: [1-9]\\d* bytes"))
        .hasSize((int) files * COMPUTE_CAPABILITIES.length);
  }
}
