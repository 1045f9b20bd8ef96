package dev.residual.mpi;

import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.mpi.MpiCalls;
import dev.residual.bindings.mpi.library.MpiLibrary;

/** What this machine has for several processes. */
public final class MpiRuntime {
  private MpiRuntime() {}

  /** The library, its version of the standard and its binary interface; or why there is none. */
  public static String describe() {
    try {
      return "%s, binary interface of %s"
          .formatted(MpiLibrary.library(), MpiCalls.ofLibrary().abi());
    } catch (NativeLibraryException e) {
      return "none: " + String.valueOf(e.getMessage()).lines().findFirst().orElse("no library");
    }
  }
}
