package dev.residual.bindings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The memory that this process may still take: what the machine has free, within the limit of its
 * container.
 *
 * <p>The operating system grants addresses for more than it has and kills the process when they are
 * touched; asking first turns that into an error.
 */
public final class AvailableMemory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Path LIMIT = Path.of("/sys/fs/cgroup/memory.max");
  private static final Path USED = Path.of("/sys/fs/cgroup/memory.current");

  private AvailableMemory() {}

  /** The bytes available; {@link Long#MAX_VALUE} where the system does not tell. */
  public static long bytes() {
    long machine = machine(MEMINFO).orElse(Long.MAX_VALUE);
    OptionalLong limit = number(LIMIT);
    OptionalLong used = number(USED);
    return limit.isPresent() && used.isPresent()
        ? Math.min(machine, Math.max(0, limit.getAsLong() - used.getAsLong()))
        : machine;
  }

  static OptionalLong machine(Path meminfo) {
    try {
      for (String line : Files.readAllLines(meminfo)) {
        if (line.startsWith("MemAvailable:")) {
          return OptionalLong.of(Long.parseLong(line.replaceAll("\\D", "")) * 1024);
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Not Linux, or a kernel that words it otherwise: nothing is known.
    }
    return OptionalLong.empty();
  }

  private static OptionalLong number(Path file) {
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(file).strip()));
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
