package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {

  @Test
  void theReportNamesLibraryProcessorAndJava() {
    assertThat(Invocation.success("doctor").out())
        .contains("oneDNN", "libdnnl", "instructions", "processor", "OpenMP", "native access")
        .contains(System.getProperty("java.version"))
        .containsPattern("JPEG +(libturbojpeg at|the JDK)")
        .containsPattern("WebP +(libwebp at|imageio-webp)")
        .containsPattern("TIFF +imageio-tiff");
  }

  @Test
  void withoutTheLibraryTheReportIsPrintedAndTheCommandFails(@TempDir Path folder)
      throws Exception {
    // Another process, since this one has loaded the library.
    Subprocess process =
        Subprocess.run(List.of("-Dresidual.onednn.path=" + folder.resolve("libdnnl.so")), "doctor");
    assertThat(process.code()).isEqualTo(1);
    assertThat(process.output())
        .contains("NOT USABLE", "no usable oneDNN", "libdnnl.so: there is no such file")
        .doesNotContain("\tat ");
  }

  @Test
  void limitsOfAContainerAreRead() {
    assertThat(Host.quota(List.of("150000 100000"))).contains("1.50 cores");
    assertThat(Host.quota(List.of("max 100000"))).contains("no");
    assertThat(Host.quota(List.of())).contains("no");
    List<String> meminfo = List.of("MemTotal:  2097152 kB", "MemAvailable:  1048576 kB");
    assertThat(Host.memory(meminfo, List.of("max")))
        .isEqualTo("2.00 GiB, 1.00 GiB available, no cgroup limit");
    assertThat(Host.memory(List.of(), List.of("1073741824")))
        .isEqualTo("unknown, unknown available, a cgroup limit of 1.00 GiB");
  }
}
