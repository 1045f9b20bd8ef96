package dev.residual.bindings.onednn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.bindings.LibraryPlace;
import dev.residual.bindings.LibraryReference;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.VersionRange;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * The oneDNN of this process: loaded once, when first asked for, and never unloaded.
 *
 * <p>Safe for use by several threads. A failed search is not remembered: the next call looks again.
 */
public final class OneDnn {

  /** The oldest oneDNN that serves. */
  public static final LibraryVersion NEEDED = new LibraryVersion(3, 5, 0);

  private static final LibraryReference LIBRARY =
      new LibraryReference(
          () ->
              new LibrarySearch(
                  "oneDNN",
                  "residual.onednn.path",
                  List.of(new LibraryPlace.Carried("onednn"), new LibraryPlace.SystemLoader()),
                  // libdnnl.so.2 is what Debian 12 and Ubuntu 22.04 install: too old, and named so
                  // in the report.
                  List.of("libdnnl.so.3", "libdnnl.so", "libdnnl.so.2"),
                  List.of("libgomp.so.1"),
                  VersionRange.sameMajor(NEEDED),
                  OneDnn::version,
                  "use the oneDNN that Residual carries (the jar residual-native), or name one:"
                      + " java -Dresidual.onednn.path=/path/to/libdnnl.so.3"));

  private OneDnn() {}

  /**
   * The library, loaded.
   *
   * @throws NativeLibraryException if it is missing, too old, or cannot be loaded
   */
  public static NativeLibrary library() {
    return LIBRARY.get();
  }

  /** The version of the loaded library. */
  public static LibraryVersion version() {
    return version(library());
  }

  /** The first three members of {@code dnnl_version_t}, in their order since oneDNN 1.0. */
  private static LibraryVersion version(NativeLibrary library) {
    MethodHandle version = library.handle("dnnl_version", FunctionDescriptor.of(ADDRESS));
    try {
      MemorySegment numbers =
          ((MemorySegment) version.invokeExact()).reinterpret(3 * JAVA_INT.byteSize());
      return new LibraryVersion(
          numbers.getAtIndex(JAVA_INT, 0),
          numbers.getAtIndex(JAVA_INT, 1),
          numbers.getAtIndex(JAVA_INT, 2));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Does nothing if a status is {@code dnnl_success}.
   *
   * @param function the C name of the function that returned it
   * @throws NativeException if it is another one
   */
  public static void check(String function, int status) {
    if (status != 0) {
      throw new NativeException(
          function,
          status,
          OneDnnStatus.name(status),
          OneDnnStatus.meaning(status)
              + "; set ONEDNN_VERBOSE=all in the environment and oneDNN says more");
    }
  }

  /**
   * Creates a handle that the scope owns.
   *
   * @param function the C name of the creating function
   * @param creation calls it with the address where it puts the handle
   * @param destruction calls the function that destroys the handle
   * @throws NativeException if creation fails
   */
  public static MemorySegment create(
      NativeScope scope,
      String function,
      ToIntFunction<MemorySegment> creation,
      ToIntFunction<MemorySegment> destruction) {
    return scope.create(function, OneDnn::check, creation, destruction);
  }

  /**
   * The name of the implementation that a primitive descriptor stands for, as {@code
   * brg_conv_fwd:avx512_core}.
   */
  public static String implementation(MemorySegment primitiveDescriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      check(
          "dnnl_primitive_desc_query",
          Dnnl.dnnl_primitive_desc_query(
              primitiveDescriptor, Dnnl.dnnl_query_impl_info_str(), 0, out));
      return out.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0);
    }
  }

  /** The address of a function for generated code: 0 where it or the library is missing. */
  static MemorySegment address(String function) {
    return NativeLibrary.addressIn(OneDnn::library, function);
  }

  /** A handle for generated code: where something is missing, one that throws the report. */
  static MethodHandle handle(String function, FunctionDescriptor descriptor) {
    return NativeLibrary.handleIn(OneDnn::library, function, descriptor);
  }
}
