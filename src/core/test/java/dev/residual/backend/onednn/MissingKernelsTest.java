package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.bindings.kernels.KernelLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without a usable library of kernels the backend works all the same, fuses less and says why. */
class MissingKernelsTest {
  private static final String COMPLAINT = "running without Residual's own kernels";

  @TempDir private Path folder;

  @Test
  void withTheKernelsMoreIsFusedAndNothingSaid() throws Exception {
    assumeTrue(KernelLibrary.isAvailable(), "the kernels were not built: there was no C compiler");
    String output = ProbeJvm.run(BackendProbe.class, List.of());
    assertThat(output).contains("fuses add: true").doesNotContain("false", COMPLAINT);
    assertThat(losses(output)).hasSize(2);
  }

  @Test
  void aMissingLibrary() throws Exception {
    Path absent = folder.resolve("absent.so");
    requireFallback(absent, absent.toString());
  }

  @Test
  void aLibraryThatIsNone() throws Exception {
    requireFallback(Files.writeString(folder.resolve("text.so"), "no library"), "text.so");
  }

  @Test
  void aTruncatedLibrary() throws Exception {
    assumeTrue(KernelLibrary.isAvailable(), "the kernels were not built: there was no C compiler");
    byte[] whole = Files.readAllBytes(Path.of(KernelLibrary.library().location()));
    Path half = folder.resolve("half.so");
    Files.write(half, java.util.Arrays.copyOf(whole, whole.length / 2));
    requireFallback(half, "half.so");
  }

  @Test
  void aLibraryOfAnotherVersion() throws Exception {
    requireFallback(compiled("int residual_version(void) { return 99; }"), "0.0.99");
  }

  @Test
  void aLibraryOfSomethingElse() throws Exception {
    requireFallback(compiled("int other(void) { return 1; }"), "residual_version");
  }

  private void requireFallback(Path library, String reason) throws Exception {
    String output = ProbeJvm.run(BackendProbe.class, List.of("-Dresidual.kernels.path=" + library));
    assertThat(output).contains("fuses add: false").doesNotContain("fuses add: true");
    assertThat(output).containsOnlyOnce(COMPLAINT).contains(reason);
    List<Double> losses = losses(output);
    assertThat(losses).hasSize(2);
    double expected =
        losses(ProbeJvm.run(BackendProbe.class, List.of("-Dresidual.kernels=off"))).getFirst();
    assertThat(losses).allSatisfy(loss -> assertThat(loss).isCloseTo(expected, within(1e-6)));
  }

  private static List<Double> losses(String output) {
    return output
        .lines()
        .filter(line -> line.contains("loss: "))
        .map(line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1)))
        .toList();
  }

  private Path compiled(String code) throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve("library.c"), code + "\n");
    Path library = folder.resolve("compiled.so");
    try {
      Process cc =
          new ProcessBuilder("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
              .start();
      assumeTrue(cc.waitFor() == 0, "cc cannot make a shared library here");
    } catch (IOException e) {
      assumeTrue(false, "this test compiles a library, and there is no cc: " + e.getMessage());
    }
    return library;
  }
}
