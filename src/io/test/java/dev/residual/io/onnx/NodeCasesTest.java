package dev.residual.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The cases that ONNX itself has for each of its operations, of Debian's package libonnx-testdata,
 * or the folder that the system property {@code residual.onnx} names: what is not refused gives the
 * expected results.
 */
class NodeCasesTest {
  private static final Path INSTALLED = Path.of("/usr/share/libonnx-testdata/data/node");

  private static final double RTOL = 1e-3;
  private static final double ATOL = 1e-5;

  /** Those of the newest data that pass; older data have fewer. */
  private static final int LEAST = 180;

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void pass(String name) throws IOException {
    String given = System.getProperty("residual.onnx", "");
    Path folder = given.isBlank() ? INSTALLED : Path.of(given);
    assumeTrue(
        Files.isDirectory(folder),
        "there is no "
            + folder
            + ": install libonnx-testdata, or name a folder of cases with -Dresidual.onnx");
    Backend backend = Backends.named(name);
    List<String> failed = new ArrayList<>();
    int passed = 0;
    for (Path each : folders(folder)) {
      try {
        if (isPassed(each, backend)) {
          passed++;
        } else {
          failed.add(each.getFileName().toString());
        }
      } catch (IOException | IllegalArgumentException | UnsupportedOpException e) {
        assertThat(e.getMessage()).isNotBlank().doesNotContain("null");
      }
    }
    System.out.printf("%s passes %d cases of ONNX's%n", name, passed);
    assertThat(failed).isEmpty();
    assertThat(passed).isGreaterThanOrEqualTo(LEAST);
  }

  private static List<Path> folders(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(each -> Files.exists(each.resolve("model.onnx"))).sorted().toList();
    }
  }

  private static boolean isPassed(Path folder, Backend backend) throws IOException {
    OnnxModel model = OnnxModel.read(folder.resolve("model.onnx"));
    boolean passed = true;
    for (Path data : OnnxTestData.folders(folder)) {
      passed &=
          OnnxTestData.read(data)
              .verify(model, backend, CompileOptions.DEFAULT, DType.F32, RTOL, ATOL)
              .stream()
              .allMatch(OutputDifference::isWithin);
    }
    return passed;
  }
}
