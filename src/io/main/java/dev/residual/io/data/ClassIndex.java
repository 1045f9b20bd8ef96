package dev.residual.io.data;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.TextFile;
import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which output of a network stands for which class folder, where that is not their sorted order.
 *
 * @param outputs the position of each folder's class among the outputs
 */
public record ClassIndex(Map<String, Integer> outputs) {
  private static final int MAX_OUTPUT = 99_999;

  /** Keeps a copy of the map. */
  public ClassIndex {
    outputs = Map.copyOf(outputs);
  }

  /**
   * Reads a file with lines {@code folder index}; empty lines are skipped.
   *
   * @throws IOException naming file and line, if there is anything else
   */
  public static ClassIndex read(Path file) throws IOException {
    List<String> lines = TextFile.lines(file);
    String name = FileErrors.printable(file.toString());
    Map<String, Integer> outputs = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty()) {
        continue;
      }
      String place = name + ", line " + (i + 1) + ": ";
      Line read = Line.of(line);
      if (read == null) {
        throw new IOException(
            place + FileErrors.quote(line) + " is not a folder and an index, as in 'n01440764 0'");
      }
      if (read.output > MAX_OUTPUT) {
        throw new IOException(place + "index " + read.output + " is above " + MAX_OUTPUT);
      }
      if (outputs.put(read.folder, read.output) != null) {
        throw new IOException(place + "a second index for " + FileErrors.quote(read.folder));
      }
    }
    if (outputs.isEmpty()) {
      throw new IOException(name + " has no lines 'folder index'");
    }
    return new ClassIndex(outputs);
  }

  /**
   * The numbering that lines {@code folder index} give to outputs, or to some of them. Empty unless
   * all lines have this form, with different folders and different indices below the number of
   * outputs: names may end in numbers, too.
   *
   * @param lines without empty ones
   */
  public static Optional<ClassIndex> numbering(List<String> lines, int outputs) {
    Map<String, Integer> index = new HashMap<>();
    for (String line : lines) {
      Line read = Line.of(line);
      if (read == null
          || read.output >= outputs
          || index.putIfAbsent(read.folder, read.output) != null) {
        return Optional.empty();
      }
    }
    boolean distinct = Set.copyOf(index.values()).size() == index.size();
    return index.isEmpty() || !distinct ? Optional.empty() : Optional.of(new ClassIndex(index));
  }

  /**
   * The data set with these labels, which closes the given one when closed. Its classes are as many
   * as the highest index asks for; those of several folders are named by all of them, in sorted
   * order, those without one by their number.
   *
   * @throws IllegalArgumentException if a class of the set has no index
   */
  public DataSet relabel(DataSet set) {
    int[] table = new int[set.classes().size()];
    for (int i = 0; i < table.length; i++) {
      Integer output = outputs.get(set.classes().get(i));
      if (output == null) {
        throw new IllegalArgumentException(
            "the class %s has no index among the %d that are given"
                .formatted(FileErrors.quote(set.classes().get(i)), outputs.size()));
      }
      table[i] = output;
    }
    Map<Integer, String> named = new HashMap<>();
    new TreeMap<>(outputs)
        .forEach(
            (folder, output) -> named.merge(output, folder, (one, other) -> one + ", " + other));
    List<String> names =
        IntStream.rangeClosed(0, Collections.max(outputs.values()))
            .mapToObj(output -> named.getOrDefault(output, String.valueOf(output)))
            .toList();
    return new Relabelled(set, table, names);
  }

  /** A line of a list. */
  private record Line(String folder, int output) {

    /** What a line without white space at its ends says, null if it is something else. */
    static @Nullable Line of(String line) {
      int digits = line.length();
      while (digits > 0 && line.charAt(digits - 1) >= '0' && line.charAt(digits - 1) <= '9') {
        digits--;
      }
      String folder = line.substring(0, digits).stripTrailing();
      int length = line.length() - digits;
      return folder.isEmpty() || folder.length() == digits || length == 0 || length > 6
          ? null
          : new Line(folder, Integer.parseInt(line.substring(digits)));
    }
  }

  private record Relabelled(DataSet set, int[] table, List<String> classes) implements DataSet {
    @Override
    public int size() {
      return set.size();
    }

    @Override
    public int label(int index) {
      return table[set.label(index)];
    }

    @Override
    public String name(int index) {
      return set.name(index);
    }

    @Override
    public Pixels image(int index) throws IOException {
      return set.image(index);
    }

    @Override
    public void close() throws IOException {
      set.close();
    }
  }
}
