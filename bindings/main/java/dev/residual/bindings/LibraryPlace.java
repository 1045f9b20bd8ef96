package dev.residual.bindings;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** A place where a {@link LibrarySearch} looks for a library. */
public sealed interface LibraryPlace {

  /**
   * The libraries that Residual carries, unpacked below {@code -Dresidual.cache}, {@code
   * $XDG_CACHE_HOME/residual} or {@code ~/.cache/residual}, or the folder for temporary files.
   *
   * @param name the name of the list of its files
   */
  record Carried(String name) implements LibraryPlace {}

  /** Where the system's loader looks for a name. */
  record SystemLoader() implements LibraryPlace {}

  /**
   * Folders.
   *
   * @param title who named them, or what they are part of
   * @param folders asked for when all places before gave nothing; they need not exist
   */
  record Folders(String title, Supplier<List<Path>> folders) implements LibraryPlace {}
}
