package dev.residual.bindings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Files that other processes see whole or not at all. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * What a file is to hold.
   *
   * @param <E> what else goes wrong
   */
  @FunctionalInterface
  public interface Content<E extends Exception> {

    /** Writes it to an empty file. */
    void write(Path part) throws IOException, E;
  }

  /**
   * Writes a file beside its place, and moves it there in one step; if the content fails, what was
   * there stays.
   *
   * @param file in a folder that exists
   */
  public static <E extends Exception> void write(Path file, Content<E> content)
      throws IOException, E {
    Path folder = file.toAbsolutePath().getParent();
    Path part = Files.createTempFile(folder, file.getFileName().toString(), ".part");
    try {
      content.write(part);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
