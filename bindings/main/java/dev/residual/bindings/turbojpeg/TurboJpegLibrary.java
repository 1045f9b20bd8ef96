package dev.residual.bindings.turbojpeg;

import dev.residual.bindings.LibraryPlace;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.OptionalLibrary;
import dev.residual.bindings.VersionRange;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The libturbojpeg of this process: optional, for whoever lacks it decodes by Java's own decoder.
 *
 * <p>Looked for once. {@code -Dresidual.turbojpeg=off} does without it; {@code
 * -Dresidual.turbojpeg.path} names another library. Safe for use by several threads.
 */
public final class TurboJpegLibrary {

  /** The first that tells warnings from errors. */
  public static final LibraryVersion NEEDED = new LibraryVersion(2, 0, 0);

  private static final OptionalLibrary LIBRARY =
      new OptionalLibrary(
          "residual.turbojpeg",
          new LibrarySearch(
              "libturbojpeg",
              "residual.turbojpeg.path",
              List.of(new LibraryPlace.SystemLoader()),
              List.of("libturbojpeg.so.0"),
              List.of(),
              VersionRange.since(NEEDED),
              TurboJpegLibrary::version,
              "apt-get install libturbojpeg0 (Debian) or dnf install turbojpeg (Fedora)"));

  private TurboJpegLibrary() {}

  /** Whether the library can be used. */
  public static boolean isAvailable() {
    return LIBRARY.isAvailable();
  }

  /**
   * The library.
   *
   * @throws NativeLibraryException if it is missing
   */
  public static NativeLibrary library() {
    return LIBRARY.get();
  }

  /** It does not tell its version, but 2.0 and 3.0 each brought functions. */
  private static LibraryVersion version(NativeLibrary library) {
    library.address("tjDecompress2");
    if (!library.has("tjGetErrorCode")) {
      return new LibraryVersion(1, 0, 0);
    }
    return library.has("tj3Init") ? new LibraryVersion(3, 0, 0) : NEEDED;
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
