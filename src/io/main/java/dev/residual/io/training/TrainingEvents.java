package dev.residual.io.training;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FileName;
import dev.residual.train.Metrics;
import dev.residual.train.Training;
import dev.residual.train.TrainingListener;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a training in a file that TensorBoard shows: those of each epoch, and the loss of
 * some two thousand steps, by the number of steps.
 *
 * <p>A training that goes on has a file of its own. What the files before it say of later steps
 * than it begins with is dropped, so that each step is told of once.
 */
final class TrainingEvents implements TrainingListener, Closeable {
  private static final String SUFFIX = ".residual";
  private static final long STEPS = 2000;

  private final TrainingFolder folder;
  private final Training training;
  private final long interval;

  /** What is not written yet. */
  private final List<Event> pending = new ArrayList<>();

  private @Nullable EventFile file;

  private record Event(long step, Map<String, Double> numbers) {}

  /** Events that are written to a folder once there is a checkpoint to go on from. */
  TrainingEvents(TrainingFolder folder, Training training) {
    this.folder = folder;
    this.training = training;
    interval = Math.max(1, (long) training.epochs() * training.batches() / STEPS);
  }

  /**
   * The files of earlier runs in a folder.
   *
   * @throws IOException naming the folder, if it cannot be listed
   */
  static List<Path> in(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(path -> FileName.of(path).matches("events\\.out\\.tfevents\\.\\d+\\" + SUFFIX))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw FileErrors.in(folder, e);
    }
  }

  @Override
  public void step(Training stepped) {
    long step = (long) stepped.epoch() * stepped.batches() + stepped.batch();
    write(step, step % interval == 0 ? Map.of("train/step_loss", stepped.loss()) : Map.of());
  }

  @Override
  public void epoch(Metrics row) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("train/loss", row.trainLoss());
    numbers.put("train/top1", row.trainTop1());
    numbers.put("test/top1", row.testTop1());
    numbers.put("test/top5", row.testTop5());
    numbers.put("learning_rate", row.learningRate());
    numbers.put("images_per_second", row.imagesPerSecond());
    numbers.values().removeIf(number -> number.isNaN());
    write((long) row.epoch() * training.batches(), numbers);
  }

  private void write(long step, Map<String, Double> numbers) {
    pending.add(new Event(step, numbers));
    // A training that is killed before it can be resumed begins anew, and leaves nothing.
    if (file == null && !folder.isResumable()) {
      return;
    }
    try {
      EventFile events = opened();
      for (Event event : pending) {
        if (!event.numbers().isEmpty()) {
          events.write(event.step(), event.numbers());
        }
      }
      pending.clear();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private EventFile opened() throws IOException {
    EventFile events = file;
    if (events == null) {
      long first = pending.getFirst().step();
      for (Path earlier : in(folder.path())) {
        EventFile.cut(earlier, first);
      }
      events = EventFile.create(folder.path(), SUFFIX, first);
      file = events;
    }
    return events;
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
