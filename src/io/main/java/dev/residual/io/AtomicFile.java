package dev.residual.io;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file that is replaced as a whole: whoever reads it, even after a crash or a full disk, finds
 * the old content or the new, never a part.
 */
public final class AtomicFile {
  private AtomicFile() {}

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes all of it; the stream is buffered and not to be closed. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Replaces a file: writes beside it, forces to disk, renames, and forces the folder.
   *
   * @throws IOException naming the file, which is then as it was before
   */
  public static void write(Path file, Content content) throws IOException {
    try {
      if (Files.isDirectory(file)) {
        throw new IOException("is a folder, not a file");
      }
      Path target = (Files.exists(file) ? file.toRealPath() : file).toAbsolutePath();
      Path folder = target.resolveSibling("");
      if (!Files.isDirectory(folder)) {
        throw new IOException("the folder does not exist");
      }
      replace(target, folder, content);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
  }

  private static void replace(Path target, Path folder, Content content) throws IOException {
    Path part = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        content.writeTo(out);
        out.flush();
        channel.force(true);
      }
      move(part, target);
    } finally {
      Files.deleteIfExists(part);
    }
    forceFolder(folder);
  }

  private static void move(Path part, Path target) throws IOException {
    try {
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Some systems cannot open a folder; there the rename itself is all that can be had.
    }
  }
}
