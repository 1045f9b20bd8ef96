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
 * What libraries find in the environment when they are loaded. What the user has set stays.
 *
 * <p>Idle threads of GNU's OpenMP spin for milliseconds before they sleep, and take the cores from
 * threads that load images or compile Java: on two cores the difference is a factor of five. They
 * get a limit.
 *
 * <p>UCX, which MPICH and Open MPI send by, ends the process at a signal that the JVM would handle.
 * It gets no signals.
 */
final class LibraryEnvironment {
  static final String SPINS = "GOMP_SPINCOUNT";
  static final String SIGNALS = "UCX_ERROR_SIGNALS";

  /** Long enough for the pause between two operations, a few microseconds. */
  private static final String FEW_SPINS = "1000";

  private LibraryEnvironment() {}

  /**
   * Sets it for libraries that are loaded from now on.
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
    if (setenv.isPresent()) {
      if (limitsSpins(System.getenv())) {
        put(setenv.get(), SPINS, FEW_SPINS);
      }
      put(setenv.get(), SIGNALS, "");
    }
  }

  private static void put(MethodHandle setenv, String name, String value) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored =
          (int) setenv.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 0);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static boolean limitsSpins(Map<String, String> environment) {
    return !environment.containsKey(SPINS) && !environment.containsKey("OMP_WAIT_POLICY");
  }
}
