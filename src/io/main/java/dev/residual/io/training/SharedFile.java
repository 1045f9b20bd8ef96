package dev.residual.io.training;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.residual.engine.CommunicationException;
import dev.residual.engine.Communicator;
import dev.residual.io.files.FileErrors;
import dev.residual.tensor.DType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A file of process 0's that the others get, who may have no folder in common with it. */
final class SharedFile {
  private static final int CHUNK = 1 << 26;

  private SharedFile() {}

  /**
   * Gives a file to the others, or tells them that there is none.
   *
   * @throws IOException naming the file, if it cannot be read
   * @throws CommunicationException if a process does not take it
   */
  static void give(Communicator communicator, @Nullable Path file) throws IOException {
    if (file == null) {
      size(communicator, -1);
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      size(communicator, size);
      move(communicator, size, channel::read);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
  }

  /**
   * Takes the file that process 0 gives, into a temporary one; null if there is none.
   *
   * @throws IOException naming the file, if it cannot be written
   * @throws CommunicationException if it does not come
   */
  static @Nullable Path take(Communicator communicator) throws IOException {
    long size = size(communicator, 0);
    if (size < 0) {
      return null;
    }
    Path file = Files.createTempFile("residual-", ".safetensors");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      move(communicator, size, channel::write);
      return file;
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** The size that process 0 has, where the others have 0. */
  private static long size(Communicator communicator, long own) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment number = arena.allocateFrom(JAVA_DOUBLE, own);
      communicator.sum(DType.F64, 1).run(number);
      return (long) number.get(JAVA_DOUBLE, 0);
    }
  }

  /** What is done with the bytes of a file. */
  private interface Transfer {
    int apply(ByteBuffer bytes) throws IOException;
  }

  /** Process 0 reads before bytes move, the others write afterwards. */
  private static void move(Communicator communicator, long size, Transfer transfer)
      throws IOException {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment chunk = arena.allocate(Math.max(1, Math.min(CHUNK, size)));
      for (long at = 0; at < size; at += CHUNK) {
        MemorySegment part = chunk.asSlice(0, Math.min(CHUNK, size - at));
        if (communicator.rank() == 0) {
          transfer(part, transfer);
        }
        communicator.broadcast(part.byteSize()).run(part);
        if (communicator.rank() > 0) {
          transfer(part, transfer);
        }
      }
    }
  }

  private static void transfer(MemorySegment part, Transfer transfer) throws IOException {
    ByteBuffer bytes = part.asByteBuffer();
    while (bytes.hasRemaining()) {
      if (transfer.apply(bytes) < 0) {
        throw new IOException("is shorter than it was");
      }
    }
  }
}
