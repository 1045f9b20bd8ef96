package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.io.data.ClassIndex;
import dev.residual.io.files.TextFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The names of a network's classes.
 *
 * @param names as many as the network has classes
 */
record Labels(List<String> names) {
  private static final List<String> CIFAR10 =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  /**
   * The names that a file gives: one on each line, or lines {@code folder index}. Names may end in
   * numbers, which are indices where they can be.
   */
  static Labels read(Path file, int classes) throws IOException {
    List<String> lines = TextFile.lines(file).stream().filter(line -> !line.isEmpty()).toList();
    Optional<ClassIndex> index = ClassIndex.numbering(lines, classes);
    if (index.isPresent()) {
      List<String> names = new ArrayList<>(numbered(classes).names());
      index.get().outputs().forEach((name, output) -> names.set(output, name));
      return new Labels(names);
    }
    if (lines.size() != classes) {
      throw new Failure(
          ("%s has %d labels, but the network has %d classes; of lines 'folder index' each needs an"
                  + " index of its own, below %d")
              .formatted(file, lines.size(), classes, classes));
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
