package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.bindings.ChildJvm.Outcome;
import dev.residual.bindings.kernels.KernelLibrary;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No kernel touches a byte outside its arrays, whatever the instructions: each array lies flush
 * against a page that may not be touched, in a JVM of its own, which a stray access would end.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class GuardedKernelsTest {

  /** The largest relative difference between sums in different orders, of at most 1,031 floats. */
  private static final double TOLERANCE = 1e-5;

  /** The same where results are rounded to bf16. */
  private static final double BF16_TOLERANCE = 0x1p-8;

  @TempDir private Path folder;

  @BeforeAll
  static void requireKernels() {
    assumeTrue(KernelLibrary.isAvailable(), "the kernels were not built: there was no C compiler");
  }

  @ParameterizedTest
  @ValueSource(strings = {"avx512bf16", "avx512", "avx2", "plain"})
  void noKernelReadsOrWritesOutsideItsArrays(String instructions) throws Exception {
    Outcome outcome = run(instructions);
    assertThat(outcome.output()).contains("instructions ");
    assumeTrue(
        outcome.output().contains("instructions " + instructions + "\n"),
        "this processor has no " + instructions);
    assertThat(outcome.output()).endsWith("done\n");
    assertThat(outcome.exit()).isZero();
  }

  @Test
  void allInstructionsGiveTheSameResults() throws Exception {
    Map<String, double[]> expected = sums(run("plain").output());
    assertThat(expected).hasSizeGreaterThan(100);
    for (String instructions : new String[] {"avx2", "avx512", "avx512bf16"}) {
      sums(run(instructions).output())
          .forEach(
              (name, sums) -> {
                double[] plain = expected.get(name);
                if (plain != null) { // There is no plain form of some.
                  double tolerance = name.endsWith(KernelCases.BF16) ? BF16_TOLERANCE : TOLERANCE;
                  assertThat(sums[0])
                      .as(instructions + ": " + name)
                      .isEqualTo(plain[0], within(tolerance * plain[1]));
                }
              });
    }
  }

  @ParameterizedTest
  @CsvSource({
    "END, 'sgd 17', gradient",
    "START, 'sgd 17', gradient",
    "END, 'batch norm backward 9x64, 2 threads, fused', mask",
    "START, 'batch norm backward 9x64, 2 threads, fused', mask",
    "END, 'batch norm 3x5, 1 threads', src",
    "END, 'batch norm 7x16, 3 threads, fused', dst"
  })
  void aKernelThatStrayedByOneByteWouldBeCaught(String edge, String kernel, String array)
      throws Exception {
    Outcome outcome = run("avx512bf16", edge, kernel, array);
    assertThat(outcome.exit()).isNotZero();
    assertThat(outcome.output()).contains("SIGSEGV").doesNotContain("survived");
  }

  private Outcome run(String instructions, String... arguments) throws Exception {
    return ChildJvm.run(
        Map.of("RESIDUAL_ISA", instructions),
        Stream.concat(
                Stream.of(
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:-CreateCoredumpOnCrash",
                    "-XX:ErrorFile=" + folder.resolve("crash.log"),
                    "-cp",
                    System.getProperty("java.class.path"),
                    GuardedKernels.class.getName()),
                Stream.of(arguments))
            .toArray(String[]::new));
  }

  private static Map<String, double[]> sums(String output) {
    Map<String, double[]> sums = new LinkedHashMap<>();
    output
        .lines()
        .filter(line -> line.startsWith("case "))
        .map(line -> line.substring("case ".length()).split("; "))
        .forEach(
            parts ->
                sums.put(
                    parts[0],
                    new double[] {Double.parseDouble(parts[1]), Double.parseDouble(parts[2])}));
    return sums;
  }
}
