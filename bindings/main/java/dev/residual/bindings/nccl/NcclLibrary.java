package dev.residual.bindings.nccl;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.LibraryReference;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.NvidiaPlaces;
import dev.residual.bindings.VersionRange;
import dev.residual.bindings.cuda.CudaDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The NCCL of this process: loaded once, when first asked for, and never unloaded. Several GPUs
 * alone need it.
 *
 * <p>Safe for use by several threads. A failed search is not remembered: the next call looks again.
 */
public final class NcclLibrary {

  /** The oldest NCCL that serves. */
  public static final LibraryVersion NEEDED = new LibraryVersion(2, 18, 1);

  /** The CUDA whose package is named where there is no driver. */
  private static final int LATEST_MAJOR = 13;

  private static final LibraryReference LIBRARY =
      new LibraryReference(
          () ->
              new LibrarySearch(
                  "NCCL",
                  "residual.nccl.path",
                  NvidiaPlaces.of("NCCL_HOME", "CUDA_HOME", "CUDA_PATH"),
                  List.of("libnccl.so.2"),
                  List.of(),
                  VersionRange.sameMajor(NEEDED),
                  NcclLibrary::version,
                  "pip install nvidia-nccl-cu"
                      + Math.min(LATEST_MAJOR, CudaDriver.major().orElse(LATEST_MAJOR))));

  private NcclLibrary() {}

  /**
   * The library, loaded.
   *
   * @throws NativeLibraryException if it is missing, or its version does not serve
   */
  public static NativeLibrary library() {
    return LIBRARY.get();
  }

  /** The version of the loaded library. */
  public static LibraryVersion version() {
    return version(library());
  }

  private static LibraryVersion version(NativeLibrary library) {
    MethodHandle version =
        library.handle("ncclGetVersion", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(JAVA_INT);
      check("ncclGetVersion", (int) version.invokeExact(number));
      return version(number.get(JAVA_INT, 0));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Since NCCL 2.9 there is room for a minor version of two digits. */
  private static LibraryVersion version(int number) {
    return number < 10_000
        ? new LibraryVersion(number / 1000, number / 100 % 10, number % 100)
        : new LibraryVersion(number / 10_000, number / 100 % 100, number % 100);
  }

  /**
   * Does nothing if a status is {@code ncclSuccess}.
   *
   * @param function the C name of the function that returned it
   * @throws NativeException if it is another one
   */
  public static void check(String function, int status) {
    if (status != 0) {
      throw new NativeException(function, status, name(status), lastError());
    }
  }

  /** What a {@code ncclResult_t} means, in NCCL's words. */
  public static String name(int status) {
    return words(Nccl.ncclGetErrorString(status), "unknown status");
  }

  /** What NCCL last said about an error. */
  private static String lastError() {
    return words(
        Nccl.ncclGetLastError(MemorySegment.NULL),
        "set NCCL_DEBUG=WARN in the environment and NCCL says more");
  }

  private static String words(MemorySegment text, String otherwise) {
    if (text.address() == 0) {
      return otherwise;
    }
    String words = text.getString(0).strip();
    return words.isEmpty() ? otherwise : words;
  }

  /** The address of a function for generated code: 0 where it or the library is missing. */
  static MemorySegment address(String function) {
    return NativeLibrary.addressIn(LIBRARY, function);
  }

  /** A handle for generated code: where something is missing, one that throws the report. */
  static MethodHandle handle(String function, FunctionDescriptor descriptor) {
    return NativeLibrary.handleIn(LIBRARY, function, descriptor);
  }
}
