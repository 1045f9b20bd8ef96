package dev.residual.io;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new IOException(file + " is not a text in UTF-8", e);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
    Map<String, Integer> outputs = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty()) {
        continue;
      }
      String place = file + ", line " + (i + 1) + ": ";
      String[] fields = line.split("\\s+(?=\\S+$)");
      if (fields.length != 2 || !fields[1].matches("\\d{1,6}")) {
        throw new IOException(
            place + FileErrors.quote(line) + " is not a folder and an index, as in 'n01440764 0'");
      }
      int output = Integer.parseInt(fields[1]);
      if (output > MAX_OUTPUT) {
        throw new IOException(place + "index " + output + " is above " + MAX_OUTPUT);
      }
      if (outputs.put(fields[0], output) != null) {
        throw new IOException(place + "a second index for " + fields[0]);
      }
    }
    if (outputs.isEmpty()) {
      throw new IOException(file + " has no lines 'folder index'");
    }
    return new ClassIndex(outputs);
  }

  /**
   * The data set with these labels, which closes the given one when closed. Its classes are as many
   * as the highest index asks for; those without a folder are named by their number.
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
                .formatted(set.classes().get(i), outputs.size()));
      }
      table[i] = output;
    }
    String[] names = new String[Collections.max(outputs.values()) + 1];
    for (int i = 0; i < names.length; i++) {
      names[i] = String.valueOf(i);
    }
    outputs.forEach((folder, output) -> names[output] = folder);
    return new Relabelled(set, table, List.of(names));
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
