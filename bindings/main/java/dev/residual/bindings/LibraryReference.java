package dev.residual.bindings;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A library that is loaded once, when first asked for, and never unloaded.
 *
 * <p>Safe for use by several threads. A failed search is not remembered: the next call looks again.
 */
public final class LibraryReference implements Supplier<NativeLibrary> {

  private final Supplier<LibrarySearch> search;
  private volatile @Nullable NativeLibrary library;

  /**
   * A library not loaded yet.
   *
   * @param search what to look for, when the time comes
   */
  public LibraryReference(Supplier<LibrarySearch> search) {
    this.search = search;
  }

  /**
   * The library, loaded.
   *
   * @throws NativeLibraryException if it is missing, not of a version that serves, or cannot be
   *     loaded
   */
  @Override
  public NativeLibrary get() {
    NativeLibrary loaded = library;
    return loaded != null ? loaded : load();
  }

  /** Whether it has been loaded. */
  public boolean isLoaded() {
    return library != null;
  }

  private synchronized NativeLibrary load() {
    NativeLibrary loaded = library;
    if (loaded == null) {
      loaded = search.get().load();
      library = loaded;
    }
    return loaded;
  }
}
