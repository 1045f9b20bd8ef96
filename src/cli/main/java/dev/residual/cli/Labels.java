package dev.residual.cli;

import dev.residual.io.ClassIndex;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The names of a network's classes.
 *
 * @param names as many as the network has classes
 */
record Labels(List<String> names) {
  private static final List<String> CIFAR10 =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  /** The names that a file gives: one on each line, or lines {@code folder index}. */
  static Labels read(Path file, int classes) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(file).stream().map(String::strip).toList();
    } catch (MalformedInputException e) {
      throw new IOException(file + " is not a text in UTF-8", e);
    }
    lines = lines.stream().filter(line -> !line.isEmpty()).toList();
    List<String> names = new ArrayList<>(numbered(classes).names());
    if (!lines.isEmpty() && lines.stream().allMatch(line -> line.matches(".*\\s\\d+"))) {
      for (Map.Entry<String, Integer> entry : ClassIndex.read(file).outputs().entrySet()) {
        if (entry.getValue() >= classes) {
          throw new Failure(
              "%s gives %s the index %d, but the network has %d classes, from 0"
                  .formatted(file, entry.getKey(), entry.getValue(), classes));
        }
        names.set(entry.getValue(), entry.getKey());
      }
      return new Labels(names);
    }
    if (lines.size() != classes) {
      throw new Failure(
          "%s has %d labels, but the network has %d classes"
              .formatted(file, lines.size(), classes));
    }
    return new Labels(lines);
  }

  /** The names that a model itself has, or CIFAR-10's for its networks, or numbers. */
  static Labels of(TrainedModel model, Console console) {
    int classes = model.network().classes();
    if (!model.card().classes().isEmpty()) {
      return new Labels(model.card().classes());
    }
    if (model.network().name().contains("cifar") && classes == CIFAR10.size()) {
      console.note("note: " + model.file() + " names no classes; taken to be those of CIFAR-10");
      return new Labels(CIFAR10);
    }
    return numbered(classes);
  }

  private static Labels numbered(int classes) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      names.add("class " + i);
    }
    return new Labels(names);
  }
}
