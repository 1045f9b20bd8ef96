package dev.residual.io;

import dev.residual.train.Checkpoints;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The folder of a training: {@code checkpoint.safetensors} to resume from, and after each epoch
 * {@code model.safetensors}, the weights alone, and {@code metrics.csv}.
 *
 * <p>A training may be killed at any moment: each file is replaced as a whole, and the checkpoint
 * is written last.
 */
public final class TrainingFolder implements Checkpoints {
  private final Path folder;

  /**
   * A folder, made if it does not exist. What interrupted writes have left there is deleted.
   *
   * @throws IOException if it cannot be made, or is a file
   */
  public TrainingFolder(Path folder) throws IOException {
    this.folder = folder;
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new IOException(folder + ": is a file, expected a folder for the results");
    }
    try {
      Files.createDirectories(folder);
      for (Path file : List.of(checkpoint(), model(), metrics())) {
        deleteParts(file);
      }
    } catch (IOException e) {
      throw FileErrors.in(folder, e);
    }
  }

  /** The file to resume from. */
  public Path checkpoint() {
    return folder.resolve("checkpoint.safetensors");
  }

  /** The file of the weights after the last epoch. */
  public Path model() {
    return folder.resolve("model.safetensors");
  }

  /** The file of the metrics of all epochs. */
  public Path metrics() {
    return folder.resolve("metrics.csv");
  }

  /** Whether there is a checkpoint to resume from. */
  public boolean isResumable() {
    return Files.exists(checkpoint());
  }

  /**
   * The state to resume from. Metrics of later epochs than its own are dropped from their file.
   *
   * @param settings of the training that is to go on
   * @throws IOException naming the file, if it is missing, damaged, or of other settings
   */
  public TrainingState resume(Map<String, String> settings) throws IOException {
    TrainingState state = Checkpoint.read(checkpoint(), settings);
    MetricsFile.write(metrics(), state.metrics());
    return state;
  }

  /** Writes the checkpoint; at the end of an epoch weights and metrics before it. */
  @Override
  public void save(TrainingState state) throws IOException {
    if (state.batch() == 0) {
      Safetensors.write(model(), state.weights(), state.settings());
      MetricsFile.write(metrics(), state.metrics());
    }
    Checkpoint.write(checkpoint(), state);
  }

  private void deleteParts(Path file) throws IOException {
    String glob = "." + file.getFileName() + ".*.part";
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, glob)) {
      for (Path part : parts) {
        Files.deleteIfExists(part);
      }
    }
  }
}
