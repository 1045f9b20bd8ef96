package dev.residual.bindings.nvrtc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

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
import java.util.stream.IntStream;

/**
 * The NVRTC of this process: loaded once, when first asked for, and never unloaded.
 *
 * <p>Of CUDA 12 or 13, and not of a later one than the driver serves, where there is a driver. Safe
 * for use by several threads. A failed search is not remembered: the next call looks again.
 */
public final class NvrtcLibrary {

  /** The oldest NVRTC that serves. */
  public static final LibraryVersion NEEDED = new LibraryVersion(12, 0, 0);

  /** The CUDA that the bindings were made for. */
  private static final int LATEST_MAJOR = 13;

  private static final LibraryReference LIBRARY =
      new LibraryReference(
          () ->
              search(
                  NEEDED.major(), Math.min(LATEST_MAJOR, CudaDriver.major().orElse(LATEST_MAJOR))));

  private NvrtcLibrary() {}

  /**
   * What to look for.
   *
   * @param first the first CUDA that serves
   * @param last the last one
   */
  public static LibrarySearch search(int first, int last) {
    return new LibrarySearch(
        "NVRTC",
        "residual.nvrtc.path",
        NvidiaPlaces.of("CUDA_HOME", "CUDA_PATH"),
        IntStream.iterate(last, major -> major >= first, major -> major - 1)
            .mapToObj(major -> "libnvrtc.so." + major)
            .toList(),
        // It opens this one by its name alone.
        List.of("libnvrtc-builtins.so.*[0-9]"),
        new VersionRange(new LibraryVersion(first, 0, 0), last),
        NvrtcLibrary::version,
        "pip install nvidia-cuda-nvrtc" + (last < 13 ? "-cu" + last : ""));
  }

  /**
   * The library, loaded.
   *
   * @throws NativeLibraryException if it is missing, too old, or too new for the driver
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
        library.handle("nvrtcVersion", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(JAVA_INT, 2);
      int status = (int) version.invokeExact(numbers, numbers.asSlice(JAVA_INT.byteSize()));
      check("nvrtcVersion", status);
      return new LibraryVersion(
          numbers.getAtIndex(JAVA_INT, 0), numbers.getAtIndex(JAVA_INT, 1), 0);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Does nothing if a status is {@code NVRTC_SUCCESS}.
   *
   * @param function the C name of the function that returned it
   * @throws NativeException if it is another one
   */
  public static void check(String function, int status) {
    if (status != 0) {
      throw new NativeException(function, status, name(status), "NVRTC says no more");
    }
  }

  /**
   * Does nothing if a status is {@code NVRTC_SUCCESS}.
   *
   * @param function the C name of the function that returned it
   * @param program what was compiled; its log becomes part of the message
   * @throws NativeException if it is another one
   */
  public static void check(String function, int status, MemorySegment program) {
    if (status != 0) {
      throw new NativeException(function, status, name(status), log(program));
    }
  }

  /** What the compiler said about a program; empty if nothing. */
  public static String log(MemorySegment program) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(JAVA_LONG);
      if (Nvrtc.nvrtcGetProgramLogSize(program, size) != 0 || size.get(JAVA_LONG, 0) <= 1) {
        return "";
      }
      MemorySegment log = arena.allocate(JAVA_BYTE, size.get(JAVA_LONG, 0));
      return Nvrtc.nvrtcGetProgramLog(program, log) == 0 ? log.getString(0).strip() : "";
    }
  }

  private static String name(int status) {
    try {
      MemorySegment name = Nvrtc.nvrtcGetErrorString(status);
      return name.address() == 0 ? "unknown status" : name.getString(0);
    } catch (NativeLibraryException e) {
      return "unknown status";
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
