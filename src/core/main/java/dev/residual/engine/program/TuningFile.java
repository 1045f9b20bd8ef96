package dev.residual.engine.program;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A text file of choices: one line for each, {@code choice=operation}.
 *
 * <p>Lines are appended in one write, and of two processes that choose at the same time the first
 * line counts for all that read the file later.
 */
public final class TuningFile {
  private static final String RIGHT = "right";
  private static final String WRONG = "wrong";

  private final @Nullable Path file;
  private final Map<String, String> choices = new HashMap<>();

  /** What the file says of each operation, in its order. */
  private final Map<String, List<String>> lines = new HashMap<>();

  /** The bytes of the file that have been read. */
  private long read;

  /**
   * The choices in a file, which need not exist.
   *
   * @param file null to choose nothing
   */
  public TuningFile(@Nullable Path file) {
    this.file = file;
  }

  /**
   * The file for a machine, in the first folder that has room.
   *
   * @param name of what choices depend on: processor, libraries and their versions
   */
  public static TuningFile in(List<Path> folders, String name) {
    String words = name.replaceAll("[^A-Za-z0-9.]+", "-");
    for (Path folder : folders) {
      Path file = folder.resolve("tuning-" + words + ".txt");
      try {
        Files.createDirectories(folder);
        Files.writeString(file, "", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        return new TuningFile(file);
      } catch (IOException | SecurityException e) {
        continue;
      }
    }
    return new TuningFile(null);
  }

  /** Where the file is; empty if choices are not kept. */
  Optional<String> location() {
    return Optional.ofNullable(file).map(Path::toString);
  }

  /**
   * The choice for an operation: the one on file, or the measured one, which is put there.
   *
   * @param implementations what can be chosen; others on file are ignored
   */
  String choice(String operation, List<String> implementations, Supplier<String> measurement) {
    String known = choices.get(operation);
    if (known == null) {
      known =
          file == null
              ? implementations.getFirst()
              : fromFile(file, operation, implementations, measurement);
      choices.put(operation, known);
    }
    return known;
  }

  /**
   * Whether an implementation is right, as a trial shows or showed before.
   *
   * @param trial the implementation, and what it is tried on
   * @param keep whether to store "right"; "wrong" is always stored
   */
  boolean isRight(String trial, boolean keep, BooleanSupplier run) {
    String known = choices.get(trial);
    try {
      if (known == null && file != null) {
        readOn(file);
        known = find(trial, List.of(RIGHT, WRONG));
      }
      if (known == null) {
        known = run.getAsBoolean() ? RIGHT : WRONG;
        if (file != null && (keep || known.equals(WRONG))) {
          append(file, known, trial);
        }
      }
    } catch (IOException e) {
      known = known == null ? run.getAsBoolean() ? RIGHT : WRONG : known;
    }
    choices.put(trial, known);
    return known.equals(RIGHT);
  }

  /**
   * All choices on file for an operation, the oldest first: the one that counts is the first that
   * serves. Empty if choices are not kept.
   */
  public List<String> kept(String operation) {
    try {
      if (file != null) {
        readOn(file);
      }
    } catch (IOException e) {
      // What was read before is known all the same.
    }
    return List.copyOf(lines.getOrDefault(operation, List.of()));
  }

  /**
   * Puts a choice on file; nothing is done if choices are not kept, or the file cannot be written.
   *
   * @param choice a line without {@code =}
   */
  public void keep(String operation, String choice) {
    try {
      if (file != null) {
        append(file, choice, operation);
      }
    } catch (IOException e) {
      // It is chosen anew next time.
    }
  }

  /** What was found to be wrong, by this process and by those before it. */
  List<String> wrong() {
    try {
      if (file != null) {
        readOn(file);
      }
    } catch (IOException e) {
      // What this process found is known all the same.
    }
    Stream<String> kept =
        lines.entrySet().stream()
            .filter(line -> line.getValue().contains(WRONG))
            .map(Map.Entry::getKey);
    Stream<String> own =
        choices.entrySet().stream()
            .filter(choice -> choice.getValue().equals(WRONG))
            .map(Map.Entry::getKey);
    return Stream.concat(kept, own).distinct().sorted().toList();
  }

  private String fromFile(
      Path file, String operation, List<String> implementations, Supplier<String> measurement) {
    String fallback = implementations.getFirst();
    try {
      readOn(file);
      String known = find(operation, implementations);
      if (known == null) {
        append(file, measurement.get(), operation);
        readOn(file);
        known = find(operation, implementations);
      }
      return known == null ? fallback : known;
    } catch (IOException e) {
      return fallback;
    }
  }

  private static void append(Path file, String choice, String operation) throws IOException {
    String line = choice + "=" + operation + "\n";
    Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** Reads the whole lines that have been added since. */
  private void readOn(Path file) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    if (Files.size(file) < read) {
      // Somebody emptied it.
      read = 0;
      lines.clear();
    }
    byte[] added;
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(read);
      added = in.readAllBytes();
    }
    int end = added.length;
    while (end > 0 && added[end - 1] != '\n') {
      end--;
    }
    read += end;
    // Bytes that are no text make strange lines, which match nothing.
    new String(added, 0, end, StandardCharsets.UTF_8)
        .lines()
        .forEach(
            line -> {
              int equals = line.indexOf('=');
              if (equals > 0) {
                lines
                    .computeIfAbsent(line.substring(equals + 1), o -> new ArrayList<>())
                    .add(line.substring(0, equals));
              }
            });
  }

  private @Nullable String find(String operation, List<String> possible) {
    return lines.getOrDefault(operation, List.of()).stream()
        .filter(possible::contains)
        .findFirst()
        .orElse(null);
  }
}
