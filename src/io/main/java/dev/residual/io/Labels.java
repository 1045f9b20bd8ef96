package dev.residual.io;

import dev.residual.io.data.ClassIndex;
import dev.residual.io.files.TextFile;
import dev.residual.io.weights.TrainedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The names of a network's classes.
 *
 * @param names as many as the network has classes
 * @param notes what is assumed about them, a line each; empty if nothing
 */
public record Labels(List<String> names, List<String> notes) {
  private static final List<String> CIFAR10 =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  /** Copies the lists. */
  public Labels {
    names = List.copyOf(names);
    notes = List.copyOf(notes);
  }

  /**
   * The names that a file gives: one on each line, or lines {@code folder index}. Names may end in
   * numbers, which are indices where they can be.
   *
   * @throws IOException naming the file, if it cannot be read, or has not so many names
   */
  public static Labels read(Path file, int classes) throws IOException {
    List<String> lines = TextFile.lines(file).stream().filter(line -> !line.isEmpty()).toList();
    Optional<ClassIndex> index = ClassIndex.numbering(lines, classes);
    if (index.isPresent()) {
      List<String> names = numbered(classes);
      index.get().outputs().forEach((name, output) -> names.set(output, name));
      return new Labels(names, List.of());
    }
    if (lines.size() != classes) {
      throw new IOException(
          ("%s has %d labels, but the network has %d classes; of lines 'folder index' each needs an"
                  + " index of its own, below %d")
              .formatted(file, lines.size(), classes, classes));
    }
    return new Labels(lines, List.of());
  }

  /** The names that a model itself has, or CIFAR-10's for its networks, or numbers. */
  public static Labels of(TrainedModel model) {
    int classes = model.architecture().classes();
    if (!model.card().classes().isEmpty()) {
      return new Labels(model.card().classes(), List.of());
    }
    if (model.architecture().name().contains("cifar") && classes == CIFAR10.size()) {
      return new Labels(
          CIFAR10, List.of(model.file() + " names no classes; taken to be those of CIFAR-10"));
    }
    return new Labels(numbered(classes), List.of());
  }

  private static List<String> numbered(int classes) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < classes; i++) {
      names.add("class " + i);
    }
    return names;
  }
}
