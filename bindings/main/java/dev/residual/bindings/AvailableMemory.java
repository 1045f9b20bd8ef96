package dev.residual.bindings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The memory that this process may still take: what the machine has free, within the limits of its
 * container, less what slabs were promised and have not touched yet.
 *
 * <p>The operating system grants addresses for more than it has and kills the process when they are
 * touched; asking first turns that into an error. Files that are kept in memory count as free, for
 * they make room.
 */
public final class AvailableMemory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Path GROUPS = Path.of("/sys/fs/cgroup");
  private static final Path OWN_GROUP = Path.of("/proc/self/cgroup");

  /** The files of a control group, as each version of the interface names them. */
  private record Names(String limit, String used, String inactiveFiles, String activeFiles) {
    static final Names V2 =
        new Names("memory.max", "memory.current", "inactive_file", "active_file");
    static final Names V1 =
        new Names(
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
            "total_active_file");
  }

  private AvailableMemory() {}

  /** The bytes available; {@link Long#MAX_VALUE} where the system does not tell. */
  public static long bytes() {
    long free = Math.min(machine(MEMINFO).orElse(Long.MAX_VALUE), groups(GROUPS, OWN_GROUP));
    return free == Long.MAX_VALUE ? free : Math.max(0, free - NativeMemory.untouched());
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
   * @param root where the groups are mounted, those of the first version each below its controller
   * @param own says which one the process is in
   */
  static long groups(Path root, Path own) {
    List<String> memberships = lines(own);
    return Math.min(
        groups(root, path(memberships, ""), Names.V2),
        groups(root.resolve("memory"), path(memberships, "memory"), Names.V1));
  }

  private static long groups(Path root, Path path, Names names) {
    long least = group(root, names);
    Path group = root;
    for (Path name : path) {
      group = group.resolve(name);
      least = Math.min(least, group(group, names));
    }
    return least;
  }

  /**
   * The group of a process, from the root on; in a container usually the root itself.
   *
   * @param memberships lines of a number, controllers and a path; the second version names none
   */
  private static Path path(List<String> memberships, String controller) {
    for (String line : memberships) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3
          && List.of(parts[1].split(",")).contains(controller)
          && parts[2].startsWith("/")) {
        return Path.of(parts[2].substring(1)).normalize();
      }
    }
    return Path.of("");
  }

  private static long group(Path group, Names names) {
    OptionalLong limit = number(group.resolve(names.limit()));
    OptionalLong used = number(group.resolve(names.used()));
    if (limit.isEmpty() || used.isEmpty()) {
      return Long.MAX_VALUE;
    }
    List<String> statistics = lines(group.resolve("memory.stat"));
    long files =
        entry(statistics, names.inactiveFiles()).orElse(0)
            + entry(statistics, names.activeFiles()).orElse(0);
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
