package dev.residual.io;

import dev.residual.nn.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Files of network weights, whose format is that of their extension: {@code .safetensors}, or
 * {@code .pth}, {@code .pt} and {@code .th} for checkpoints of PyTorch.
 *
 * @see Safetensors
 * @see PyTorchCheckpoint
 */
public final class WeightFiles {
  private WeightFiles() {}

  /**
   * The weights in a file, in its order, in heap memory.
   *
   * @throws IOException in one line naming the file and the reason, if the extension is unknown or
   *     the file is missing, malformed or refused
   */
  public static Weights read(Path file) throws IOException {
    return switch (Format.of(file)) {
      case SAFETENSORS -> Safetensors.read(file);
      case PYTORCH -> PyTorchCheckpoint.read(file);
    };
  }

  /**
   * Writes weights; the file is replaced as a whole or not at all.
   *
   * @throws IOException in one line naming the file and the reason, if the extension is unknown or
   *     the file cannot be written
   */
  public static void write(Path file, Weights weights) throws IOException {
    switch (Format.of(file)) {
      case SAFETENSORS -> Safetensors.write(file, weights);
      case PYTORCH -> PyTorchCheckpoint.write(file, weights);
    }
  }

  private enum Format {
    SAFETENSORS,
    PYTORCH;

    static Format of(Path file) throws IOException {
      Path last = file.getFileName();
      String name = last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
      return switch (name.substring(name.lastIndexOf('.') + 1)) {
        case "safetensors" -> SAFETENSORS;
        case "pth", "pt", "th" -> PYTORCH;
        case "onnx" ->
            throw FileErrors.in(file, new IOException("weights in ONNX files are not supported"));
        default ->
            throw FileErrors.in(
                file,
                new IOException(
                    "unknown extension; weights are read from and written to .safetensors .pth .pt"
                        + " .th"));
      };
    }
  }
}
