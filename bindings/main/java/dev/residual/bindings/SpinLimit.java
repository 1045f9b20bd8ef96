package dev.residual.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.Optional;

/**
 * The limit on how long idle threads of GNU's OpenMP spin before they sleep, put into the
 * environment before the runtime reads it.
 *
 * <p>Left alone they spin for milliseconds, and take the cores from threads that load images or
 * compile Java: on two cores the difference is a factor of five. What the user has set stays.
 */
final class SpinLimit {
  static final String NAME = "GOMP_SPINCOUNT";

  /** Long enough for the pause between two operations, a few microseconds. */
  private static final String SPINS = "1000";

  private SpinLimit() {}

  /**
   * Sets the limit for runtimes that are loaded from now on.
   *
   * @throws IllegalCallerException if this module may not call native code
   */
  static void set() {
    Linker linker = Linker.nativeLinker();
    SymbolLookup system = linker.defaultLookup();
    Optional<MethodHandle> setenv =
        system
            .find("setenv")
            .map(
                address ->
                    linker.downcallHandle(
                        address, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT)));
    if (setenv.isPresent() && isWanted(System.getenv())) {
      try (Arena arena = Arena.ofConfined()) {
        int ignored =
            (int) setenv.get().invokeExact(arena.allocateFrom(NAME), arena.allocateFrom(SPINS), 0);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }

  static boolean isWanted(Map<String, String> environment) {
    return !environment.containsKey(NAME) && !environment.containsKey("OMP_WAIT_POLICY");
  }
}
