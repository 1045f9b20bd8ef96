package dev.residual.io.files;

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
  private static final Path DEVICES = Path.of("/dev");
  private static final Path PROCESSES = Path.of("/proc");

  private AtomicFile() {}

  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    /** Writes all of it; the stream is buffered and not to be closed. */
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Replaces a file: writes beside it, forces to disk, renames, and forces the folder. Of a
   * symbolic link, what it points to is replaced.
   *
   * @throws IOException naming the file, which is then as it was before; devices and pipes are
   *     refused, for they would be replaced by a file
   */
  public static void write(Path file, Content content) throws IOException {
    try {
      Path target = target(file);
      replace(target, target.resolveSibling(""), content);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
  }

  /**
   * Refuses what {@link #write} would refuse, before there is anything to write.
   *
   * @throws IOException naming the file
   */
  public static void check(Path file) throws IOException {
    try {
      Path ignored = target(file);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
  }

  private static Path target(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException("is a folder, not a file");
    }
    Path target = file.toAbsolutePath();
    requireOrdinary(target);
    while (Files.isSymbolicLink(target)) {
      if (!Files.exists(target)) {
        throw new IOException(
            "is a symbolic link to " + Files.readSymbolicLink(target) + ", which does not exist");
      }
      target = target.resolveSibling(Files.readSymbolicLink(target));
      requireOrdinary(target);
    }
    return target;
  }

  /**
   * Refuses devices and pipes, and the names that processes and devices have in the file system.
   */
  private static void requireOrdinary(Path file) throws IOException {
    if (!Files.isDirectory(file.resolveSibling(""))) {
      throw new IOException("the folder does not exist");
    }
    Path folder = file.resolveSibling("").toRealPath();
    if (folder.equals(DEVICES)
        || folder.startsWith(PROCESSES)
        || (Files.exists(file) && !Files.isRegularFile(file))) {
      throw new IOException("is a device or a pipe, expected a file");
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
