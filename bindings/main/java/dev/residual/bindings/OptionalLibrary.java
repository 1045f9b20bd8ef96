package dev.residual.bindings;

import java.lang.System.Logger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A library that something faster or better is done with where there is one, looked for once.
 *
 * <p>Safe for use by several threads.
 */
public final class OptionalLibrary implements Supplier<NativeLibrary> {

  private final String switchProperty;
  private final LibrarySearch search;
  private @Nullable NativeLibrary library;
  private @Nullable NativeLibraryException missing;

  /**
   * A library not looked for yet.
   *
   * @param switchProperty the system property that does without the library if it is {@code off}
   */
  public OptionalLibrary(String switchProperty, LibrarySearch search) {
    this.switchProperty = switchProperty;
    this.search = search;
  }

  /** Whether the library can be used. */
  public boolean isAvailable() {
    return !"off".equals(System.getProperty(switchProperty)) && find() != null;
  }

  /**
   * The library.
   *
   * @throws NativeLibraryException if it is missing
   */
  @Override
  public synchronized NativeLibrary get() {
    NativeLibrary found = find();
    if (found == null) {
      throw missing;
    }
    return found;
  }

  private synchronized @Nullable NativeLibrary find() {
    if (library == null && missing == null) {
      try {
        library = search.load();
      } catch (NativeLibraryException e) {
        missing = e;
        String chosen = search.property() == null ? null : System.getProperty(search.property());
        // All works without: only where a user has named a library is it news.
        System.getLogger("dev.residual")
            .log(
                chosen == null ? Logger.Level.DEBUG : Logger.Level.WARNING,
                "running without " + search.title() + ": " + e.getMessage());
      }
    }
    return library;
  }
}
