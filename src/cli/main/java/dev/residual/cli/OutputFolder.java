package dev.residual.cli;

import dev.residual.cli.output.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Folders for what a command writes. */
final class OutputFolder {
  private OutputFolder() {}

  /** Makes a folder that an option names, if there is none. */
  static void make(Path folder, String option) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new Failure("%s is a file; %s takes a folder".formatted(folder, option));
    }
    Files.createDirectories(folder);
  }
}
