package dev.residual.bindings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The memory that this process may still take: what the machine has free, within the limits of its
 * container.
 *
 * <p>The operating system grants addresses for more than it has and kills the process when they are
 * touched; asking first turns that into an error. Files that are kept in memory count as free, for
 * they make room.
 */
public final class AvailableMemory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Path GROUPS = Path.of("/sys/fs/cgroup");
  private static final Path OWN_GROUP = Path.of("/proc/self/cgroup");

  private AvailableMemory() {}

  /** The bytes available; {@link Long#MAX_VALUE} where the system does not tell. */
  public static long bytes() {
    return Math.min(machine(MEMINFO).orElse(Long.MAX_VALUE), groups(GROUPS, OWN_GROUP));
  }

  static OptionalLong machine(Path meminfo) {
    OptionalLong kilobytes = entry(lines(meminfo), "MemAvailable:");
    return kilobytes.isPresent()
        ? OptionalLong.of(kilobytes.getAsLong() * 1024)
        : OptionalLong.empty();
  }

  /**
   * What the control groups that a process is in leave, its own and those around it.
   *
   * @param root where the groups are mounted (cgroup v2)
   * @param own says which one the process is in
   */
  static long groups(Path root, Path own) {
    long least = group(root);
    Path group = root;
    for (Path name : path(own)) {
      group = group.resolve(name);
      least = Math.min(least, group(group));
    }
    return least;
  }

  /** The group of a process, from the root on; in a container usually the root itself. */
  private static Path path(Path own) {
    for (String line : lines(own)) {
      if (line.startsWith("0::/")) {
        return Path.of(line.substring("0::/".length())).normalize();
      }
    }
    return Path.of("");
  }

  private static long group(Path group) {
    OptionalLong limit = number(group.resolve("memory.max"));
    OptionalLong used = number(group.resolve("memory.current"));
    if (limit.isEmpty() || used.isEmpty()) {
      return Long.MAX_VALUE;
    }
    List<String> statistics = lines(group.resolve("memory.stat"));
    long files =
        entry(statistics, "inactive_file").orElse(0) + entry(statistics, "active_file").orElse(0);
    return Math.max(0, limit.getAsLong() - Math.max(0, used.getAsLong() - files));
  }

  /** The first number of the line that begins with a word. */
  private static OptionalLong entry(List<String> lines, String name) {
    for (String line : lines) {
      String[] words = line.split("\\s+");
      if (words.length > 1 && words[0].equals(name)) {
        return number(words[1]);
      }
    }
    return OptionalLong.empty();
  }

  private static OptionalLong number(Path file) {
    List<String> lines = lines(file);
    return number(lines.isEmpty() ? null : lines.getFirst().strip());
  }

  /** Empty for what is no number, as {@code max}. */
  private static OptionalLong number(@Nullable String word) {
    try {
      return word == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(word));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The lines of a file; none where there is no such file, as on other systems. */
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
