package dev.residual.io.attack;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * A reader of files that anybody may have made.
 *
 * @param name for the command line
 * @param file the name of the file that is read
 * @param seeds valid inputs, small
 * @param wrap makes a file of an input
 * @param mostMemory bytes that it may allocate for a file
 */
public record AttackTarget(
    String name,
    String file,
    List<byte[]> seeds,
    UnaryOperator<byte[]> wrap,
    Reader reader,
    long mostMemory) {

  /** Even the largest image that is accepted takes less. */
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private static final long USUAL_MEMORY = 100L << 20;
  private static final Path HARMFUL = Path.of("target", "attack");

  /** What reads a file. */
  @FunctionalInterface
  public interface Reader {
    void read(Path file) throws IOException;
  }

  /** A reader of files that are attacked as they are. */
  public static AttackTarget of(String name, String file, Reader reader, List<byte[]> seeds) {
    return new AttackTarget(name, file, seeds, bytes -> bytes, reader, USUAL_MEMORY);
  }

  /** A reader whose input is attacked before it is packed into a file. */
  public AttackTarget wrapped(UnaryOperator<byte[]> wrapping) {
    return new AttackTarget(name, file, seeds, wrapping, reader, mostMemory);
  }

  /** The reader with another limit of memory. */
  public AttackTarget withMemory(long bytes) {
    return new AttackTarget(name, file, seeds, wrap, reader, bytes);
  }

  /**
   * Whether the reader refuses an input, in one line that names the file. One that does any harm is
   * left in {@code target/attack}.
   *
   * @param folder for the file
   * @throws AssertionError if it is neither read nor refused so, or takes much time or memory
   */
  public boolean refuses(Path folder, byte[] input) throws IOException {
    byte[] bytes = wrap.apply(input);
    Path path = folder.resolve(file);
    overwrite(path, bytes);
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long begin = System.nanoTime();
    long allocated = thread.getCurrentThreadAllocatedBytes();
    boolean refused = false;
    try {
      try {
        reader.read(path);
      } catch (IOException | IllegalArgumentException e) {
        refused = true;
        assertThat(e).hasMessageStartingWith(path.toString());
        assertThat(e.getMessage()).hasSizeLessThan(1000).doesNotContainPattern("\\p{Cc}");
      }
      assertThat(thread.getCurrentThreadAllocatedBytes() - allocated).isLessThan(mostMemory);
      assertThat(System.nanoTime() - begin).isLessThan(LONGEST.toNanos());
    } catch (Throwable e) {
      Path harmful =
          Files.createDirectories(HARMFUL)
              .resolve("%s-%s".formatted(name, UUID.nameUUIDFromBytes(bytes)));
      Files.write(harmful, bytes);
      throw new AssertionError(harmful.toAbsolutePath().toString(), e);
    }
    return refused;
  }

  /** Some file systems wait for the disk where a file is emptied before it is written. */
  private static void overwrite(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes));
      channel.truncate(bytes.length);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
