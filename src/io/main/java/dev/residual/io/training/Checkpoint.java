package dev.residual.io.training;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.HeapMemory;
import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import dev.residual.train.Metrics;
import dev.residual.train.Totals;
import dev.residual.train.TrainingState;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * Files that hold the state of a training: safetensors whose metadata tell position, settings and
 * metrics.
 *
 * <p>Weights have their own names there, other states {@code state/} before theirs. A checksum over
 * everything tells a damaged file.
 */
public final class Checkpoint {
  private static final String VERSION = "1";
  private static final String CHECKSUM = "crc32c";
  private static final String SETTING = "setting.";
  private static final String STATE = "state/";

  private Checkpoint() {}

  /**
   * Writes a state. The file is replaced as a whole or not at all: written beside, forced to disk,
   * renamed.
   *
   * @throws IOException naming the file, which is then as it was before
   */
  public static void write(Path file, TrainingState state) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>(state.weights().tensors());
    state.states().tensors().forEach((name, tensor) -> tensors.put(STATE + name, tensor));
    Totals totals = state.totals();
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(WeightFile.CHECKPOINT, VERSION);
    state.settings().forEach((name, value) -> metadata.put(SETTING + name, value));
    metadata.put("epoch", String.valueOf(state.epoch()));
    metadata.put("batch", String.valueOf(state.batch()));
    metadata.put("loss", String.valueOf(totals.loss()));
    metadata.put("images", String.valueOf(totals.images()));
    metadata.put("top1", String.valueOf(totals.top1()));
    metadata.put("top5", String.valueOf(totals.top5()));
    metadata.put("seconds", String.valueOf(totals.seconds()));
    metadata.put("metrics", MetricsFile.format(state.metrics()));
    metadata.put(CHECKSUM, checksum(tensors, metadata));
    Safetensors.write(file, new Weights(tensors), metadata);
  }

  /**
   * The state that a file holds.
   *
   * @throws IOException naming the file, if it is missing, damaged or no checkpoint
   */
  public static TrainingState read(Path file) throws IOException {
    WeightFile read = Safetensors.read(file);
    Map<String, String> metadata = read.metadata();
    try {
      String version = metadata.get(WeightFile.CHECKPOINT);
      if (version == null) {
        throw new IOException("is no checkpoint of a training, though it is a safetensors file");
      }
      if (!version.equals(VERSION)) {
        throw new IOException(
            "is a checkpoint of version %s, this program reads version %s"
                .formatted(FileErrors.quote(version), VERSION));
      }
      return state(read.weights().tensors(), metadata);
    } catch (IOException | IllegalArgumentException e) {
      throw FileErrors.in(file, e);
    }
  }

  /**
   * The state that a file holds, to go on with a training of these settings.
   *
   * @throws IOException naming the file, if it is missing, damaged, no checkpoint, or one of other
   *     settings, which are named
   */
  public static TrainingState read(Path file, Map<String, String> settings) throws IOException {
    TrainingState state = read(file);
    List<String> differences = state.differences(settings);
    if (!differences.isEmpty()) {
      throw new IOException(
          "%s: is the checkpoint of another training: %s"
              .formatted(file, FileErrors.printable(String.join("; ", differences))));
    }
    return state;
  }

  private static TrainingState state(Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    String expected = metadata.get(CHECKSUM);
    String found = checksum(tensors, metadata);
    if (!found.equals(expected)) {
      throw new IOException("is damaged: its checksum is %s, not %s".formatted(found, expected));
    }
    Map<String, Tensor> weights = new LinkedHashMap<>();
    Map<String, Tensor> states = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(STATE)) {
            states.put(name.substring(STATE.length()), tensor);
          } else {
            weights.put(name, tensor);
          }
        });
    Map<String, String> settings = new LinkedHashMap<>();
    metadata.forEach(
        (name, value) -> {
          if (name.startsWith(SETTING)) {
            settings.put(name.substring(SETTING.length()), value);
          }
        });
    Totals totals =
        new Totals(
            Double.parseDouble(text(metadata, "loss")),
            Long.parseLong(text(metadata, "images")),
            Long.parseLong(text(metadata, "top1")),
            Long.parseLong(text(metadata, "top5")),
            Double.parseDouble(text(metadata, "seconds")));
    List<Metrics> metrics = MetricsFile.parse(text(metadata, "metrics"));
    return new TrainingState(
        settings,
        Integer.parseInt(text(metadata, "epoch")),
        Integer.parseInt(text(metadata, "batch")),
        totals,
        new Weights(weights),
        new Weights(states),
        metrics);
  }

  private static String text(Map<String, String> metadata, String name) throws IOException {
    String text = metadata.get(name);
    if (text == null) {
      throw new IOException("its metadata lack " + name);
    }
    return text;
  }

  private static String checksum(Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    CRC32C crc = new CRC32C();
    try (CheckedOutputStream out = new CheckedOutputStream(OutputStream.nullOutputStream(), crc)) {
      for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
        if (!entry.getKey().equals(CHECKSUM)) {
          line(out, entry.getKey() + "=" + entry.getValue());
        }
      }
      for (Map.Entry<String, Tensor> entry : new TreeMap<>(tensors).entrySet()) {
        line(out, entry.getKey() + " " + entry.getValue());
        HeapMemory.write(entry.getValue().data(), out);
      }
    }
    return Long.toHexString(crc.getValue());
  }

  private static void line(OutputStream out, String text) throws IOException {
    out.write((text + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
