package dev.residual.bindings.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.LibraryReference;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.NvidiaPlaces;
import dev.residual.bindings.VersionRange;
import dev.residual.bindings.cuda.CudaDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The cuDNN of this process: loaded once, when first asked for, with the libraries it needs, and
 * never unloaded.
 *
 * <p>Of a CUDA that the driver serves, where there is a driver. Safe for use by several threads. A
 * failed search is not remembered: the next call looks again.
 */
public final class CudnnLibrary {

  /** The oldest cuDNN that serves. */
  public static final LibraryVersion NEEDED = new LibraryVersion(9, 8, 0);

  private static final int LAST_ERROR_BYTES = 4096;

  private static final LibraryReference LIBRARY =
      new LibraryReference(
          () ->
              new LibrarySearch(
                  "cuDNN",
                  "residual.cudnn.path",
                  NvidiaPlaces.of("CUDNN_HOME", "CUDA_HOME", "CUDA_PATH"),
                  // cuDNN 8 is too old, and named so in the report.
                  List.of("libcudnn.so.9", "libcudnn.so.8"),
                  List.of(),
                  VersionRange.sameMajor(NEEDED),
                  CudnnLibrary::usableVersion,
                  CudnnNeeds.remedy(CudaDriver.major())));

  private CudnnLibrary() {}

  /**
   * The library, loaded.
   *
   * @throws NativeLibraryException if it or what it needs is missing, or its version does not serve
   */
  public static NativeLibrary library() {
    return LIBRARY.get();
  }

  /** The version of the loaded library. */
  public static LibraryVersion version() {
    return version(library());
  }

  private static LibraryVersion usableVersion(NativeLibrary library) {
    LibraryVersion version = version(library);
    if (version.serves(NEEDED)) {
      CudnnNeeds.load(library);
    }
    return version;
  }

  private static LibraryVersion version(NativeLibrary library) {
    MethodHandle version = library.handle("cudnnGetVersion", FunctionDescriptor.of(JAVA_LONG));
    try {
      int number = Math.toIntExact((long) version.invokeExact());
      // Since cuDNN 9 there is room for a minor version of two digits.
      return number < 90_000
          ? new LibraryVersion(number / 1000, number / 100 % 10, number % 100)
          : new LibraryVersion(number / 10_000, number / 100 % 100, number % 100);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Does nothing if a status is {@code CUDNN_STATUS_SUCCESS}.
   *
   * @param function the C name of the function that returned it to this thread
   * @throws NativeException if it is another one
   */
  public static void check(String function, int status) {
    if (status != 0) {
      String said = lastError();
      throw new NativeException(
          function,
          status,
          name(status),
          said.isEmpty()
              ? "set CUDNN_LOGLEVEL_DBG=2 and CUDNN_LOGDEST_DBG=stderr in the environment and"
                  + " cuDNN says more"
              : said);
    }
  }

  /** What cuDNN last said to this thread about an error, which it then forgets; may be empty. */
  public static String lastError() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment words = arena.allocate(JAVA_BYTE, LAST_ERROR_BYTES);
      Cudnn.cudnnGetLastErrorString(words, LAST_ERROR_BYTES);
      return words.getString(0).strip();
    }
  }

  /** The C name of a {@code cudnnStatus_t}. */
  public static String name(int status) {
    MemorySegment name = Cudnn.cudnnGetErrorString(status);
    return name.address() == 0 ? "unknown status" : name.getString(0);
  }

  /**
   * Creates a descriptor that the scope owns.
   *
   * @param type one of the constants {@code CUDNN_BACKEND_..._DESCRIPTOR}
   * @throws NativeException if creation fails
   */
  public static MemorySegment createDescriptor(NativeScope scope, int type) {
    return scope.create(
        "cudnnBackendCreateDescriptor",
        CudnnLibrary::check,
        out -> Cudnn.cudnnBackendCreateDescriptor(type, out),
        Cudnn::cudnnBackendDestroyDescriptor);
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
