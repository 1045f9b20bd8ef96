package dev.residual.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Memory for tensors that the heap need not hold. The JVM limits native allocations to the size of
 * its heap, but not mappings: so this is the private copy of an empty file, which is gone at once,
 * and nothing is ever written to it. A tensor has no owner who could free it, so the collector
 * does.
 */
final class LargeMemory {
  private LargeMemory() {}

  static MemorySegment zeros(long bytes) {
    Path file =
        Path.of(System.getProperty("java.io.tmpdir"), "residual-" + UUID.randomUUID() + ".zeros");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.DELETE_ON_CLOSE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), bytes - 1);
      return channel.map(MapMode.PRIVATE, 0, bytes, Arena.ofAuto());
    } catch (IOException e) {
      throw new UncheckedIOException(
          "no memory for a tensor of %d bytes: %s".formatted(bytes, file), e);
    }
  }
}
