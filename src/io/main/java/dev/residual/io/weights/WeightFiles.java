package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import dev.residual.nn.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Files of network weights: safetensors, and checkpoints of PyTorch. What is read is known by its
 * bytes, what is written by its extension: {@code .safetensors}, or {@code .pth}, {@code .pt} and
 * {@code .th}.
 *
 * @see Safetensors
 * @see PyTorchCheckpoint
 */
public final class WeightFiles {
  private WeightFiles() {}

  /**
   * The weights in a file, in its order, in heap memory. No file is mapped, so one that others
   * write meanwhile does no harm. What else is in the file is left aside without a word; {@link
   * WeightFile#read} tells it.
   *
   * @throws IOException in one line naming the file and the reason, if it is missing, malformed,
   *     refused, or of another format
   */
  public static Weights read(Path file) throws IOException {
    return WeightFile.read(file).weights();
  }

  /**
   * Writes weights; the file is replaced as a whole or not at all.
   *
   * @throws IOException in one line naming the file and the reason, if the extension is unknown or
   *     the file cannot be written
   */
  public static void write(Path file, Weights weights) throws IOException {
    Path last = file.getFileName();
    String name = last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
    switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "safetensors" -> Safetensors.write(file, weights);
      case "pth", "pt", "th" -> PyTorchCheckpoint.write(file, weights);
      default ->
          throw FileErrors.in(
              file,
              new IOException(
                  "unknown extension; weights are written to .safetensors .pth .pt .th"));
    }
  }
}
