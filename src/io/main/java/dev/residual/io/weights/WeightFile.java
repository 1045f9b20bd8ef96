package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FileHead;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The weights in a file, with what else there is to say about it: safetensors, or a checkpoint of
 * PyTorch. What is read is known by its bytes, what is written by its extension: {@code
 * .safetensors}, or {@code .pth}, {@code .pt} and {@code .th}.
 *
 * @see Safetensors
 * @see PyTorchCheckpoint
 * @param weights in the order of the file, in heap memory
 * @param auxiliary weights of heads that serve training alone, as GoogLeNet's; empty if there are
 *     none
 * @param metadata what a file in the safetensors format tells about itself; of a checkpoint what is
 *     known of a published file of its name, else empty
 * @param notes what was left aside, each a line that does not name the file; empty if nothing was
 */
public record WeightFile(
    Weights weights, Weights auxiliary, Map<String, String> metadata, List<String> notes) {
  /** Under which metadata tell that a file is the checkpoint of a training, and its version. */
  public static final String CHECKPOINT = "residual.checkpoint";

  private static final String SAFETENSORS = "safetensors";

  /** Copies the map and the list. */
  public WeightFile {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    notes = List.copyOf(notes);
  }

  /** A file without weights of auxiliary heads. */
  public WeightFile(Weights weights, Map<String, String> metadata, List<String> notes) {
    this(weights, new Weights(Map.of()), metadata, notes);
  }

  /**
   * Reads safetensors or a checkpoint of PyTorch; the bytes tell which, whatever the file is
   * called. Names lose what wrappers around a network put before all of them, as {@link
   * PyTorchCheckpoint} says, in both formats. No file is mapped, so one that others write meanwhile
   * does no harm.
   *
   * @throws IOException in one line naming the file and the reason, if it is missing, malformed,
   *     refused, or of another format
   */
  public static WeightFile read(Path file) throws IOException {
    FileHead head = FileHead.of(file);
    return switch (head.format()) {
      case SAFETENSORS -> withoutAuxiliary(withoutWrappers(Safetensors.readTensors(file)));
      case ZIP, PICKLE -> withoutAuxiliary(published(file, PyTorchCheckpoint.read(file, head)));
      case TAR ->
          throw refused(
              file, "is a tar archive, as PyTorch before 0.2 wrote; a later one saves it anew");
      case GZIP -> throw refused(file, "is compressed; gunzip gives the file itself");
      case ONNX ->
          throw refused(
              file,
              "is an ONNX model, not weights alone: TrainedModel.readOnnx and --model take it");
      case HDF5 -> throw refused(file, "weights in HDF5 files, as Keras writes, are not supported");
      case UNKNOWN -> unknown(file);
    };
  }

  /**
   * The metadata of a file, as {@link #read} gives them, without its weights.
   *
   * @throws IOException in one line naming the file, if it is missing or its head malformed
   */
  public static Map<String, String> readMetadata(Path file) throws IOException {
    return FileHead.of(file).format() == FileHead.Format.SAFETENSORS
        ? Safetensors.readMetadata(file)
        : PublishedWeights.metadata(file);
  }

  /**
   * Writes weights without metadata.
   *
   * @see #write(Path)
   */
  public static void write(Path file, Weights weights) throws IOException {
    new WeightFile(weights, Map.of(), List.of()).write(file);
  }

  /**
   * Writes all weights, and the metadata where the format {@linkplain #keepsMetadata has room} for
   * them; the file is replaced as a whole or not at all.
   *
   * @throws IOException in one line naming the file and the reason, if the extension is unknown or
   *     the file cannot be written
   */
  public void write(Path file) throws IOException {
    switch (extension(file)) {
      case SAFETENSORS -> Safetensors.write(file, all(), metadata);
      case "pth", "pt", "th" -> PyTorchCheckpoint.write(file, all());
      default ->
          throw refused(
              file,
              "unknown extension; weights are written to .safetensors .pth .pt .th, networks to"
                  + " .onnx");
    }
  }

  /** Whether a file of this name is written with metadata. */
  public static boolean keepsMetadata(Path file) {
    return extension(file).equals(SAFETENSORS);
  }

  private static String extension(Path file) {
    Path last = file.getFileName();
    String name = last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private Weights all() {
    Map<String, Tensor> all = new LinkedHashMap<>(weights.tensors());
    all.putAll(auxiliary.tensors());
    return new Weights(all);
  }

  private static WeightFile published(Path file, WeightFile read) {
    return new WeightFile(read.weights, PublishedWeights.metadata(file), read.notes);
  }

  private static WeightFile withoutAuxiliary(WeightFile read) {
    Map<String, Tensor> kept = new LinkedHashMap<>(read.weights.tensors());
    Map<String, Tensor> others = new LinkedHashMap<>(kept);
    if (!kept.keySet().removeIf(PublishedWeights::isAuxiliary)) {
      return read;
    }
    others.keySet().removeAll(kept.keySet());
    List<String> notes = new ArrayList<>(read.notes);
    notes.add("'aux1' and 'aux2' are heads that serve training alone");
    return new WeightFile(new Weights(kept), new Weights(others), read.metadata, notes);
  }

  private static WeightFile unknown(Path file) throws IOException {
    if (file.toString().endsWith(".safetensors")) {
      // The header is damaged, and what is wrong with it can be told.
      return Safetensors.readTensors(file);
    }
    throw refused(file, "holds no weights: is neither safetensors nor a checkpoint of PyTorch");
  }

  private static IOException refused(Path file, String reason) {
    return FileErrors.in(file, new IOException(reason));
  }

  private static WeightFile withoutWrappers(WeightFile file) {
    Map<String, Tensor> tensors = file.weights.tensors();
    Map<String, Tensor> stripped = WrapperNames.strip(new LinkedHashMap<>(tensors));
    List<String> notes = new ArrayList<>(file.notes);
    if (stripped.size() < tensors.size()) {
      notes.add("left aside '" + WrapperNames.COUNTER + "', the counter of an averaged model");
    }
    return new WeightFile(new Weights(stripped), file.metadata, notes);
  }
}
