package dev.residual.io.training;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FolderLock;
import dev.residual.io.weights.Safetensors;
import dev.residual.train.Checkpoints;
import dev.residual.train.Metrics;
import dev.residual.train.TrainingState;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder of a training: {@code checkpoint.safetensors} to resume from, and after each epoch
 * {@code model.safetensors}, the weights alone, and {@code metrics.csv}; all along {@code
 * events.out.tfevents.*}, which TensorBoard shows. The weights of the best epochs, where they are
 * kept, are {@code epoch-007.safetensors} for the seventh. Whoever trains may put reports beside
 * them: {@code report.html}, {@code curve.png}, and tables and pictures of the last evaluation.
 *
 * <p>A training may be killed at any moment: each file is replaced as a whole, and the checkpoint
 * is written last. It has the folder for itself until it closes it or its process ends, however it
 * ends.
 */
public final class TrainingFolder implements Checkpoints, Closeable {
  private static final List<String> REPORTS =
      List.of(
          "report.html",
          "curve.png",
          "predictions.csv",
          "classes.csv",
          "confusion.csv",
          "confusion.png",
          "worst.png");

  private static final String EPOCH = "epoch-";

  private final Path folder;
  private final FolderLock lock;
  private int kept;

  /**
   * A folder, made if it does not exist. What interrupted writes have left there is deleted.
   *
   * @throws IOException if it cannot be made, is a file, or another training has it
   */
  public TrainingFolder(Path folder) throws IOException {
    this.folder = folder;
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new IOException(folder + ": is a file, expected a folder for the results");
    }
    try {
      make(folder);
      lock = FolderLock.of(folder);
      for (Path file : files().toList()) {
        deleteParts(String.valueOf(file.getFileName()));
      }
      deleteParts(EPOCH + "*.safetensors");
    } catch (IOException e) {
      throw FileErrors.in(folder, e);
    }
  }

  private static void make(Path folder) throws IOException {
    try {
      Files.createDirectories(folder);
    } catch (NoSuchFileException | FileAlreadyExistsException e) {
      throw new IOException("the folder cannot be made", e);
    }
  }

  /** Keeps the weights of so many epochs, those that measure best; none if not asked for. */
  public TrainingFolder keepingBest(int epochs) {
    kept = epochs;
    return this;
  }

  /** Where the files are. */
  public Path path() {
    return folder;
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

  /** The file of the picture of the metrics. */
  public Path curve() {
    return folder.resolve("curve.png");
  }

  /** The page that shows all results. */
  public Path report() {
    return folder.resolve("report.html");
  }

  private Stream<Path> files() {
    return Stream.concat(
        Stream.of(checkpoint(), model(), metrics()), REPORTS.stream().map(folder::resolve));
  }

  /**
   * Those of these files that exist, which a new training would replace.
   *
   * @throws IOException naming the folder, if it cannot be listed
   */
  public List<Path> results() throws IOException {
    List<Path> results = new ArrayList<>();
    files().filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS)).forEach(results::add);
    results.addAll(matching(EPOCH + "*.safetensors"));
    results.addAll(TrainingEvents.in(folder));
    return results;
  }

  /**
   * The settings of the training that wrote the weights; empty if there are none.
   *
   * @throws IOException naming the file, if it is malformed
   */
  public Map<String, String> settings() throws IOException {
    return Files.exists(model()) ? Safetensors.readMetadata(model()) : Map.of();
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
      Safetensors.write(model(), state.trained(), state.settings());
      keepBest(state);
      MetricsFile.write(metrics(), state.metrics());
    }
    Checkpoint.write(checkpoint(), state);
  }

  private void keepBest(TrainingState state) throws IOException {
    List<Integer> best =
        state.metrics().stream()
            .sorted(Comparator.comparingDouble(Metrics::testTop1).reversed())
            .map(Metrics::epoch)
            .limit(kept)
            .toList();
    if (best.contains(state.epoch())) {
      Safetensors.write(ofEpoch(state.epoch()), state.trained(), state.settings());
    }
    for (Metrics epoch : state.metrics()) {
      if (!best.contains(epoch.epoch()) && kept > 0) {
        Files.deleteIfExists(ofEpoch(epoch.epoch()));
      }
    }
  }

  /** The file of the weights after an epoch, counted from 1, if they are among the best. */
  public Path ofEpoch(int epoch) {
    return folder.resolve(String.format(Locale.ROOT, EPOCH + "%03d.safetensors", epoch));
  }

  /** Lets others have the folder. */
  @Override
  public void close() {
    lock.close();
  }

  /** Deletes what interrupted writes of files of these names have left. */
  private void deleteParts(String names) throws IOException {
    for (Path part : matching("." + names + ".*.part")) {
      Files.deleteIfExists(part);
    }
  }

  private List<Path> matching(String glob) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
      stream.forEach(files::add);
      return files;
    } catch (IOException | DirectoryIteratorException e) {
      throw FileErrors.in(folder, e);
    }
  }
}
