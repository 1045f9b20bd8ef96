package dev.residual.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.backend.cudnn.SoftwareDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole program, on the software device, which it takes for a GPU. */
class GpuTestTest {
  private static final String CONTRACT = "method:dev.residual.backend.cudnn.CudnnBackendTest#";

  @TempDir Path folder;

  @Test
  void partsAreReported() throws Exception {
    assertThat(
            run(
                SoftwareDevice.folder(),
                "--parts=contract,weights,memory",
                "--select=" + CONTRACT + "aParameterIsConvolvedWithItself",
                "--steps=4"))
        .isZero();
    JsonNode report = report();
    assertThat(report.path("machine").path("GPU 0").asString()).startsWith("Software device");
    JsonNode parts = report.path("parts");
    assertThat(parts.valueStream().map(part -> part.path("status").asString()))
        .containsExactly("passed", "skipped", "passed");
    assertThat(parts.get(0).path("summary").asString()).startsWith("1 tests passed, 0 failed");
    assertThat(parts.get(2).path("figures").get(0).path("steps").asInt()).isEqualTo(4);
    assertThat(folder.resolve("report.md")).content().contains("| memory | passed |");
  }

  @Test
  void aPartThatFailsStopsNone() throws Exception {
    Path none = Files.createDirectory(folder.resolve("none"));
    Files.createDirectory(none.resolve("cifar10"));
    Files.writeString(
        none.resolve("cifar10/expected.json"),
        "{\"images\": 3, \"models\": {\"resnet20\": {\"file\": \"none.th\", \"top1_correct\":"
            + " 2}}}");
    assertThat(
            run(
                SoftwareDevice.folder(),
                "--parts=contract,weights,sanitizer",
                "--data=" + none,
                "--sanitizer=no-such-program",
                "--select=" + CONTRACT + "noSuchTest"))
        .isEqualTo(1);
    JsonNode report = report();
    assertThat(report.path("passed").asBoolean()).isFalse();
    assertThat(report.path("parts").valueStream().map(part -> part.path("status").asString()))
        .containsExactly("failed", "failed", "skipped");
    assertThat(report.path("parts").get(1).path("figures").get(0).path("images").asString())
        .contains("none.th");
  }

  @Test
  void aGpuIsNeeded() throws Exception {
    assertThat(run(folder, "--parts=memory,weights")).isEqualTo(1);
    assertThat(report().path("parts").valueStream().map(part -> part.path("summary").asString()))
        .hasSize(2)
        .allSatisfy(summary -> assertThat(summary).startsWith("no usable GPU: "));
  }

  @Test
  void growthIsNotFlat() {
    assertThat(MemoryGrowth.isFlat(1 << 20, 2 << 20)).isTrue();
    assertThat(MemoryGrowth.isFlat(1800 * (10L << 10), 0)).isFalse();
    assertThat(MemoryGrowth.isFlat(0, 6L << 20)).isFalse();
  }

  private JsonNode report() throws IOException {
    return JsonMapper.shared().readTree(Files.readString(folder.resolve("report.json")));
  }

  /**
   * Runs the program to its end.
   *
   * @param libraries the folder of those of CUDA
   */
  private int run(Path libraries, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(Programs.java("-Xmx256m", GpuTest.class.getName()));
    command.addAll(List.of("--out", folder.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    StringBuilder options = new StringBuilder("-Dresidual.tuning=off");
    for (String library : List.of("cuda", "nvrtc", "cudnn")) {
      options.append(" -Dresidual.%s.path=%s".formatted(library, libraries));
    }
    // The processes that it starts have them, too.
    builder.environment().put("JDK_JAVA_OPTIONS", options.toString());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    assertThat(status).as(output).isLessThan(2);
    return status;
  }
}
