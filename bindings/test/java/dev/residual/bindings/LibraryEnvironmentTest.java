package dev.residual.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.bindings.onednn.OneDnn;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class LibraryEnvironmentTest {

  @Test
  void loadingALibraryLimitsTheSpinningOfOpenMp() throws Throwable {
    Assumptions.assumeTrue(
        LibraryEnvironment.limitsSpins(System.getenv()), "the environment has its own");
    OneDnn.library();
    assertThat(environment(LibraryEnvironment.SPINS)).isEqualTo("1000");
  }

  @Test
  void loadingALibraryKeepsUcxFromTheSignalsOfTheJvm() throws Throwable {
    Assumptions.assumeFalse(
        System.getenv().containsKey(LibraryEnvironment.SIGNALS), "the environment has its own");
    OneDnn.library();
    assertThat(environment(LibraryEnvironment.SIGNALS)).isEmpty();
  }

  @Test
  void whatTheUserHasSetStays() {
    assertThat(LibraryEnvironment.limitsSpins(Map.of())).isTrue();
    assertThat(LibraryEnvironment.limitsSpins(Map.of("GOMP_SPINCOUNT", "5"))).isFalse();
    assertThat(LibraryEnvironment.limitsSpins(Map.of("OMP_WAIT_POLICY", "active"))).isFalse();
  }

  /** What C code sees; System.getenv is a copy from the start of the JVM. */
  private static String environment(String name) throws Throwable {
    Linker linker = Linker.nativeLinker();
    var getenv =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("getenv"), FunctionDescriptor.of(ADDRESS, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = (MemorySegment) getenv.invokeExact(arena.allocateFrom(name));
      assertThat(text.address()).isNotZero();
      return text.reinterpret(100).getString(0);
    }
  }
}
