package dev.residual.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TestCountsTest {
  private static final String TESTS =
      """
      JUnit Jupiter > CudnnBackendTest > first() :: STARTED
      JUnit Jupiter > CudnnBackendTest > first() :: SUCCESSFUL
      JUnit Jupiter > CudnnBackendTest > cases() > F32 a > b :: SUCCESSFUL
      JUnit Jupiter > CudnnBackendTest > second() :: ABORTED
      \torg.opentest4j.TestAbortedException: no bf16
      """;

  @Test
  void ofARunThatWasStopped() {
    TestCounts counts = TestCounts.of(TESTS);
    assertThat(counts).hasToString("2 tests passed, 0 failed, 1 skipped");
    assertThat(counts.areRight()).isTrue();
    assertThat(counts.failures(Path.of("x.log"))).isEmpty();
  }

  @Test
  void failuresAreNamed() {
    TestCounts counts =
        TestCounts.of(TESTS + "JUnit Jupiter > CudnnBackendTest > third() :: FAILED\n\ta\n");
    assertThat(counts.areRight()).isFalse();
    assertThat(counts.failures(Path.of("x.log"))).isEqualTo(": third()... (x.log)");
  }

  @Test
  void noTestIsNoSuccess() {
    assertThat(TestCounts.of("").areRight()).isFalse();
  }
}
