package dev.residual.bindings.webp;

import static java.lang.foreign.ValueLayout.JAVA_INT;

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
 * The libwebp of this process: optional, for whoever lacks it decodes by a library in Java.
 *
 * <p>Looked for once. {@code -Dresidual.webp=off} does without it; {@code -Dresidual.webp.path}
 * names another library. Safe for use by several threads.
 */
public final class WebPLibrary {

  /** The oldest that stable systems still have. */
  public static final LibraryVersion NEEDED = new LibraryVersion(1, 0, 0);

  private static final OptionalLibrary LIBRARY =
      new OptionalLibrary(
          "residual.webp",
          new LibrarySearch(
              "libwebp",
              "residual.webp.path",
              List.of(new LibraryPlace.SystemLoader()),
              List.of("libwebp.so.7"),
              List.of(),
              VersionRange.since(NEEDED),
              WebPLibrary::version,
              "apt-get install libwebp7 (Debian) or dnf install libwebp (Fedora)"));

  private WebPLibrary() {}

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

  private static LibraryVersion version(NativeLibrary library) {
    MethodHandle version = library.handle("WebPGetDecoderVersion", FunctionDescriptor.of(JAVA_INT));
    try {
      int number = (int) version.invokeExact();
      return new LibraryVersion(number >> 16, number >> 8 & 0xFF, number & 0xFF);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
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
