package dev.residual.bindings.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.LibraryPlace;
import dev.residual.bindings.LibraryReference;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.NativeLibraryException.Attempt;
import dev.residual.bindings.NativeLibraryException.Reason;
import dev.residual.bindings.VersionRange;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiFunction;

/**
 * The NVIDIA driver of this process: loaded once, when first asked for, and never unloaded.
 *
 * <p>Safe for use by several threads. A failed search is not remembered: the next call looks again.
 */
public final class CudaDriver {

  /** The oldest CUDA that the driver has to serve. */
  public static final LibraryVersion NEEDED = new LibraryVersion(12, 0, 0);

  // Those of CUresult that a user can do something about.
  private static final int OUT_OF_MEMORY = 2;
  private static final int STUB_LIBRARY = 34;
  private static final int NO_DEVICE = 100;
  private static final int SYSTEM_DRIVER_MISMATCH = 803;

  private static final LibraryReference LIBRARY = new LibraryReference(CudaDriver::search);

  /** A carried library that stands in for the driver where cuDNN plans for GPUs not there. */
  private static final LibraryReference STUB =
      new LibraryReference(
          () ->
              new LibrarySearch(
                  "stub of the CUDA driver",
                  null,
                  List.of(new LibraryPlace.Carried("cuda-stub")),
                  List.of("libcuda-stub.so"),
                  List.of(),
                  VersionRange.since(NEEDED),
                  CudaDriver::version,
                  "install a C compiler (gcc) and build Residual again"));

  private CudaDriver() {}

  /**
   * The library, loaded.
   *
   * @throws NativeLibraryException if there is no driver, or it is too old
   */
  public static NativeLibrary library() {
    return LIBRARY.get();
  }

  private static LibrarySearch search() {
    if (STUB.isLoaded()) {
      throw new NativeLibraryException(
          "NVIDIA driver",
          List.of(
              new Attempt(
                  "this process",
                  Reason.REFUSED,
                  "it plans for GPUs that are not there",
                  "use a process for each")));
    }
    return new LibrarySearch(
        "NVIDIA driver for CUDA",
        "residual.cuda.path",
        List.of(new LibraryPlace.SystemLoader()),
        List.of("libcuda.so.1"),
        List.of(),
        VersionRange.since(NEEDED),
        CudaDriver::version,
        "install an NVIDIA driver of version 525.60 or later");
  }

  /**
   * Loads a stub in place of the driver, so that cuDNN makes plans in this process for GPUs that
   * are described to it; from then on there is no driver for this process. May be called again.
   *
   * @throws IllegalStateException if this process has loaded the driver
   * @throws NativeLibraryException if no stub is carried, for it is compiled only where the build
   *     finds a C compiler
   */
  public static void loadStub() {
    // The lock under which the driver is loaded.
    synchronized (LIBRARY) {
      if (LIBRARY.isLoaded()) {
        throw new IllegalStateException(
            "this process has loaded the NVIDIA driver, so it cannot plan for GPUs that are not"
                + " there");
      }
      STUB.get();
    }
  }

  /** The latest CUDA that the loaded driver serves. */
  public static LibraryVersion version() {
    return version(library());
  }

  /** The major version of the latest CUDA that the driver serves; empty if there is no driver. */
  public static OptionalInt major() {
    try {
      return OptionalInt.of(version().major());
    } catch (NativeLibraryException e) {
      return OptionalInt.empty();
    }
  }

  /**
   * Makes the driver ready, which every process has to do first; may be called again.
   *
   * @throws NativeLibraryException if there is no driver, or it is too old
   * @throws NativeException if the driver cannot be used; where there is no GPU, that is what its
   *     message says
   */
  public static void initialize() {
    library();
    check("cuInit", Cuda.cuInit(0));
  }

  private static LibraryVersion version(NativeLibrary library) {
    MethodHandle version =
        library.handle("cuDriverGetVersion", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(JAVA_INT);
      check("cuDriverGetVersion", (int) version.invokeExact(number));
      return cudaVersion(number.get(JAVA_INT, 0));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** A version of CUDA as its functions give it: 1000 times the major and 10 times the minor. */
  public static LibraryVersion cudaVersion(int number) {
    return new LibraryVersion(number / 1000, number % 1000 / 10, number % 10);
  }

  /**
   * Does nothing if a status is {@code CUDA_SUCCESS}.
   *
   * @param function the C name of the function that returned it
   * @throws NativeException if it is another one
   */
  public static void check(String function, int status) {
    if (status != 0) {
      throw new NativeException(function, status, name(status), hint(status));
    }
  }

  /**
   * Memory of the host that all devices read and write; {@code cuMemFreeHost} frees it.
   *
   * @throws NativeException if there is not as much
   */
  public static MemorySegment allocateHost(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      check("cuMemHostAlloc", Cuda.cuMemHostAlloc(out, bytes, Cuda.CU_MEMHOSTALLOC_PORTABLE()));
      return out.get(ADDRESS, 0).reinterpret(bytes);
    }
  }

  /** The C name of a {@code CUresult}. */
  public static String name(int status) {
    return words(Cuda::cuGetErrorName, status, "unknown status");
  }

  private static String hint(int status) {
    return switch (status) {
      case OUT_OF_MEMORY ->
          "the memory of the GPU is full; nvidia-smi lists who uses it, and smaller batches need"
              + " less";
      case STUB_LIBRARY ->
          "libcuda.so.1 is a stub that programs are linked with; install the NVIDIA driver";
      case NO_DEVICE ->
          "the driver sees no GPU; nvidia-smi lists those there are, and CUDA_VISIBLE_DEVICES may"
              + " hide some";
      case SYSTEM_DRIVER_MISMATCH ->
          "the driver's library and its kernel module are of different versions; restart the"
              + " machine, or install the driver anew";
      default -> words(Cuda::cuGetErrorString, status, "a newer driver knows what this is");
    };
  }

  private static String words(
      BiFunction<Integer, MemorySegment, Integer> function, int status, String unknown) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      if (function.apply(status, out) != 0 || out.get(ADDRESS, 0).address() == 0) {
        return unknown;
      }
      return out.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0);
    } catch (NativeLibraryException e) {
      return unknown;
    }
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
