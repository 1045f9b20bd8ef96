package dev.residual.bindings.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.LibraryPlace;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.VersionRange;
import dev.residual.bindings.onednn.OneDnn;
import java.lang.System.Logger;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Residual's own kernels: optional, for they are compiled only where the build finds a C compiler.
 *
 * <p>Looked for once, after oneDNN, whose OpenMP runtime they share. {@code -Dresidual.kernels=off}
 * does without them; {@code -Dresidual.kernels.path} names another library.
 */
public final class KernelLibrary {

  /** The version whose structures the generated code knows; choices by speed are kept for it. */
  public static final LibraryVersion NEEDED = new LibraryVersion(0, 1, 14);

  private static final LibrarySearch SEARCH =
      new LibrarySearch(
          "Residual's kernels",
          "residual.kernels.path",
          List.of(new LibraryPlace.Carried("residual"), new LibraryPlace.SystemLoader()),
          List.of("libresidual.so"),
          List.of("libgomp.so.1"),
          VersionRange.sameMajor(NEEDED),
          KernelLibrary::version,
          "install a C compiler (gcc) and build Residual again; it works without, only slower");

  private static @Nullable NativeLibrary library;
  private static @Nullable NativeLibraryException missing;

  private KernelLibrary() {}

  /** Whether the kernels can be used. Where they are missing the log says so, once. */
  public static synchronized boolean isAvailable() {
    if ("off".equals(System.getProperty("residual.kernels"))) {
      return false;
    }
    if (library == null && missing == null) {
      find();
    }
    return library != null;
  }

  private static void find() {
    OneDnn.library();
    try {
      library = SEARCH.load();
      awaitCallsAtExit(library);
    } catch (NativeLibraryException e) {
      missing = e;
      System.getLogger("dev.residual")
          .log(
              Logger.Level.INFO,
              "running without Residual's own kernels, and slower: " + e.getMessage());
    }
  }

  /** An exit destroys what primitives and kernels use, so it has to wait for those under way. */
  private static void awaitCallsAtExit(NativeLibrary kernels) {
    MethodHandle register = kernels.handle("residual_await_at_exit", FunctionDescriptor.ofVoid());
    Runnable hook =
        () -> {
          try {
            register.invokeExact();
          } catch (RuntimeException | Error e) {
            throw e;
          } catch (Throwable e) {
            throw new IllegalStateException(e);
          }
        };
    try {
      Runtime.getRuntime().addShutdownHook(new Thread(hook, "residual-exit"));
    } catch (IllegalStateException e) {
      // The exit has begun: hooks that still load libraries have to be quick.
      return;
    }
  }

  /**
   * The library.
   *
   * @throws NativeLibraryException if it is missing
   */
  public static synchronized NativeLibrary library() {
    if (library == null && missing == null) {
      find();
    }
    if (library == null) {
      throw missing;
    }
    return library;
  }

  private static LibraryVersion version(NativeLibrary library) {
    MethodHandle version = library.handle("residual_version", FunctionDescriptor.of(JAVA_INT));
    try {
      int number = (int) version.invokeExact();
      return new LibraryVersion(number / 10000, number / 100 % 100, number % 100);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** The address of a function for generated code: 0 where it or the library is missing. */
  static MemorySegment address(String function) {
    return NativeLibrary.addressIn(KernelLibrary::library, function);
  }

  /** A handle for generated code: where something is missing, one that throws the report. */
  static MethodHandle handle(String function, FunctionDescriptor descriptor) {
    return NativeLibrary.handleIn(KernelLibrary::library, function, descriptor);
  }
}
