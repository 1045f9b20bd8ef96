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

class SpinLimitTest {

  @Test
  void loadingALibraryLimitsTheSpinningOfOpenMp() throws Throwable {
    Assumptions.assumeTrue(SpinLimit.isWanted(System.getenv()), "the environment has its own");
    OneDnn.library();
    assertThat(environment(SpinLimit.NAME)).isEqualTo("1000");
  }

  @Test
  void whatTheUserHasSetStays() {
    assertThat(SpinLimit.isWanted(Map.of())).isTrue();
    assertThat(SpinLimit.isWanted(Map.of("GOMP_SPINCOUNT", "5"))).isFalse();
    assertThat(SpinLimit.isWanted(Map.of("OMP_WAIT_POLICY", "active"))).isFalse();
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
