package dev.residual.bindings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What the operating system can have against mapping a library, which its loader does not tell
 * apart: no execution from the file system, or too little room for addresses.
 *
 * @param limits a table like {@code /proc/self/limits}
 * @param mounts a table like {@code /proc/self/mountinfo}
 */
record LoadLimits(Path limits, Path mounts) {
  private static final String ADDRESSES = "Max address space";
  private static final int MOUNT_POINT = 4;
  private static final int OPTIONS = 5;

  /** Those of this process. */
  static LoadLimits current() {
    return new LoadLimits(Path.of("/proc/self/limits"), Path.of("/proc/self/mountinfo"));
  }

  /** The bytes of addresses that the process may have ({@code ulimit -v}), if that is limited. */
  OptionalLong addressSpace() {
    for (String line : lines(limits)) {
      if (line.startsWith(ADDRESSES)) {
        String soft = line.substring(ADDRESSES.length()).strip().split("\\s+")[0];
        return soft.chars().allMatch(Character::isDigit)
            ? OptionalLong.of(Long.parseLong(soft))
            : OptionalLong.empty();
      }
    }
    return OptionalLong.empty();
  }

  /** Whether a file lies where nothing is executed. */
  boolean isNoexec(Path file) {
    Path point = Path.of("/");
    boolean noexec = false;
    for (String line : lines(mounts)) {
      String[] fields = line.split(" ");
      if (fields.length > OPTIONS) {
        // Of two mounts at one place the later one is seen.
        Path mounted = Path.of(fields[MOUNT_POINT].replace("\\040", " "));
        if (real(file).startsWith(mounted) && mounted.getNameCount() >= point.getNameCount()) {
          point = mounted;
          noexec = List.of(fields[OPTIONS].split(",")).contains("noexec");
        }
      }
    }
    return noexec;
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file.toAbsolutePath();
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
