package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.bindings.kernels.KernelLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options of a compilation decide on algorithms, and properties where they say nothing. */
class AlgorithmOptionsTest {
  @TempDir private Path cache;

  private String implementation(List<String> properties, String... options) throws Exception {
    assumeTrue(KernelLibrary.isAvailable(), "without kernels there is nothing to choose");
    List<String> all = new ArrayList<>(properties);
    all.add("-Dresidual.cache=" + cache);
    return ProbeJvm.run(AlgorithmOptionsProbe.class, all, options).strip();
  }

  /** The measured choices on file. */
  private List<String> measured() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(cache)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (file.getFileName().toString().startsWith("tuning-")) {
          lines.addAll(Files.readAllLines(file));
        }
      }
    }
    return lines.stream().filter(line -> line.matches("(ONEDNN|DIRECT|WINOGRAD).*")).toList();
  }

  @ParameterizedTest
  @CsvSource({"LIBRARY,onednn", "DIRECT,residual:convolution", "WINOGRAD,residual:winograd"})
  void theAlgorithmIsTheOneAskedFor(String algorithm, String expected) throws Exception {
    // The property would choose another one.
    String other = algorithm.equals("DIRECT") ? "winograd" : "direct";
    String found =
        implementation(List.of("-Dresidual.convolutions=" + other), "default", algorithm);
    if (expected.equals("onednn")) {
      assertThat(found).doesNotStartWith("residual").contains(":");
    } else {
      assertThat(found).isEqualTo(expected);
    }
    assertThat(measured()).as("there was no choice").isEmpty();
  }

  @Test
  void nothingIsMeasuredForThoseWhoDoNotWantIt() throws Exception {
    assertThat(implementation(List.of(), "false")).isEqualTo("residual:winograd");
    assertThat(measured()).isEmpty();
    assertThat(implementation(List.of("-Dresidual.tuning=off"), "default"))
        .isEqualTo("residual:winograd");
    assertThat(measured()).isEmpty();
  }

  @Test
  void whoAsksForMeasurementsGetsThemAndTheChoiceIsKept() throws Exception {
    String first = implementation(List.of("-Dresidual.tuning=off"), "true");
    List<String> kept = measured();
    assertThat(kept).hasSize(1);
    assertThat(implementation(List.of(), "default")).isEqualTo(first);
    assertThat(measured()).isEqualTo(kept);
  }
}
