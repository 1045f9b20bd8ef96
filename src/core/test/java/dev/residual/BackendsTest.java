package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.backend.onednn.ProbeJvm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackendsTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "tpu", "CPU", "cuda:", "cuda:-1", "cuda:one", "cuda:12345"})
  void whatIsNoBackendIsRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backends.named(name))
        .withMessage("unknown backend " + name + "; there are cpu, cuda, cuda:N and reference");
  }

  @Test
  void theProcessorIsBestWhereThereIsNoGpuAndThatIsSaidOnce(@TempDir Path folder) throws Exception {
    String output = ProbeJvm.run(BackendsProbe.class, List.of("-Dresidual.cuda.path=" + folder));
    assertThat(output.lines().filter("best: cpu"::equals)).hasSize(2);
    assertThat(output.lines().filter(line -> line.contains("no usable NVIDIA driver")))
        .hasSize(1)
        .first()
        .asString()
        .contains("computed on the processor");
  }

  @Test
  void aGpuIsBestWhereThereIsOne() throws Exception {
    Path device = SoftwareDevice.folder();
    List<String> options =
        List.of(
            "-Dresidual.cuda.path=" + device,
            "-Dresidual.nvrtc.path=" + device,
            "-Dresidual.cudnn.path=" + device);
    assertThat(ProbeJvm.run(BackendsProbe.class, options).lines().filter("best: cuda"::equals))
        .hasSize(2);
  }
}
