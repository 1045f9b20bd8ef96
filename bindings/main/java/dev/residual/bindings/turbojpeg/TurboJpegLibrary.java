package dev.residual.bindings.turbojpeg;

import dev.residual.bindings.LibraryPlace;
import dev.residual.bindings.LibrarySearch;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.VersionRange;
import java.lang.System.Logger;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The libturbojpeg of this process: optional, for whoever lacks it decodes by Java's own decoder.
 *
 * <p>Looked for once. {@code -Dresidual.turbojpeg=off} does without it; {@code
 * -Dresidual.turbojpeg.path} names another library. Safe for use by several threads.
 */
public final class TurboJpegLibrary {

  /** The first that tells warnings from errors. */
  public static final LibraryVersion NEEDED = new LibraryVersion(2, 0, 0);

  private static final LibrarySearch SEARCH =
      new LibrarySearch(
          "libturbojpeg",
          "residual.turbojpeg.path",
          List.of(new LibraryPlace.SystemLoader()),
          List.of("libturbojpeg.so.0"),
          List.of(),
          VersionRange.since(NEEDED),
          TurboJpegLibrary::version,
          "apt-get install libturbojpeg0 (Debian) or dnf install turbojpeg (Fedora)");

  private static @Nullable NativeLibrary library;
  private static @Nullable NativeLibraryException missing;

  private TurboJpegLibrary() {}

  /** Whether the library can be used. */
  public static synchronized boolean isAvailable() {
    if ("off".equals(System.getProperty("residual.turbojpeg"))) {
      return false;
    }
    if (library == null && missing == null) {
      find();
    }
    return library != null;
  }

  private static void find() {
    try {
      library = SEARCH.load();
    } catch (NativeLibraryException e) {
      missing = e;
      // Few systems have it, and all decode without: only where a user has named one is it news.
      boolean named = System.getProperty("residual.turbojpeg.path") != null;
      System.getLogger("dev.residual")
          .log(
              named ? Logger.Level.WARNING : Logger.Level.DEBUG,
              "decoding JPEG images without libturbojpeg, and slower: " + e.getMessage());
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
    return NativeLibrary.addressIn(TurboJpegLibrary::library, function);
  }

  /** A handle for generated code: where something is missing, one that throws the report. */
  static MethodHandle handle(String function, FunctionDescriptor descriptor) {
    return NativeLibrary.handleIn(TurboJpegLibrary::library, function, descriptor);
  }
}
