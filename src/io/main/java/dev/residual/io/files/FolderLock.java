package dev.residual.io.files;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The right to write into a folder, which one process has at a time, and one of its threads: the
 * operating system takes it back when the process ends.
 *
 * <p>It hangs on the file {@code .lock}, which stays: were it deleted, two could lock two files of
 * this name. Where the file system knows no locks, only threads of this process exclude each other.
 */
public final class FolderLock implements Closeable {
  private static final String FILE = ".lock";
  private static final String TAKEN = "another training writes here; choose another folder";

  /** What this process has, for a second channel would lose the first one's lock when closed. */
  private static final Set<Path> OWN = new HashSet<>();

  /** Channels that another copy of this class has locked the file of: not to be closed either. */
  private static final List<FileChannel> KEPT = new ArrayList<>();

  private final Path folder;
  private final @Nullable FileChannel channel;

  private FolderLock(Path folder, @Nullable FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /**
   * The lock of a folder that exists.
   *
   * @throws IOException if somebody else has it, or the folder cannot be written to
   */
  public static FolderLock of(Path folder) throws IOException {
    Path real = folder.toRealPath();
    synchronized (OWN) {
      if (OWN.contains(real)) {
        throw new IOException(TAKEN);
      }
      FolderLock lock = new FolderLock(real, lock(real.resolve(FILE)));
      OWN.add(real);
      return lock;
    }
  }

  private static @Nullable FileChannel lock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      KEPT.add(channel);
      throw new IOException(TAKEN, e);
    } catch (IOException e) {
      channel.close();
      return null;
    }
    if (lock == null) {
      channel.close();
      throw new IOException(TAKEN);
    }
    return channel;
  }

  @Override
  public void close() {
    synchronized (OWN) {
      if (OWN.remove(folder) && channel != null) {
        try {
          channel.close();
        } catch (IOException e) {
          // What was written has been forced to disk by then.
          return;
        }
      }
    }
  }
}
