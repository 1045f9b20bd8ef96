package dev.residual.io.weights;

import dev.residual.io.files.AtomicFile;
import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FileHead;
import dev.residual.nn.Weights;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Checkpoints of PyTorch, in the zip form and in the form before it: dictionaries of tensors, what
 * training scripts save around them, whole networks, and TorchScript.
 *
 * <p>A checkpoint is a Python program in disguise, and is taken as hostile: none of it is run and
 * no object of it is made, whatever it names; lengths, offsets, strides and total sizes are
 * checked, and time and memory are limited by the size of the file. What is wrong is an {@link
 * IOException} of one line that names the file.
 *
 * <p>The weights are those of the dictionary that holds the most tensors, wherever it is, and of a
 * network saved as an object those of its state dictionary. Optimisers are passed over; of equal
 * dictionaries one with a usual name, such as {@code state_dict}, goes before others, and averaged
 * weights after them. Names lose what wrappers put before all of them: {@code module.}, {@code
 * model.}, {@code net.}, {@code backbone.}, and {@code _orig_mod.} anywhere. What is left aside is
 * told by {@link WeightFile}.
 *
 * <p>Methods may be called from several threads at once.
 */
public final class PyTorchCheckpoint {
  private PyTorchCheckpoint() {}

  /**
   * The tensors of a checkpoint, in its order, in row-major heap memory, and what was left aside.
   * Half precision and bfloat16 are widened to F32, 16-bit integers to I32; booleans are U8.
   *
   * @throws IOException naming the file, if it is missing, malformed or refused
   */
  public static WeightFile read(Path file) throws IOException {
    FileHead head;
    try {
      head = FileHead.of(file);
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
    return read(file, head);
  }

  /** Reads a file with this head. */
  static WeightFile read(Path file, FileHead head) throws IOException {
    try {
      return switch (head.format()) {
        case ZIP -> ZipCheckpoint.read(file, head.size());
        case PICKLE -> LegacyCheckpoint.read(file, head.size());
        default -> throw new IOException("is not a checkpoint of PyTorch");
      };
    } catch (IOException | IllegalArgumentException | OutOfMemoryError e) {
      throw FileErrors.in(file, e);
    }
  }

  /**
   * Writes weights as a dictionary in the zip form, which {@code torch.load} of PyTorch 1.6 and
   * later reads, with {@code weights_only=True} too. The file is replaced as a whole or not at all;
   * equal weights in equal order gives equal bytes.
   *
   * @throws IOException naming the file, if it cannot be written
   */
  public static void write(Path file, Weights weights) throws IOException {
    AtomicFile.write(file, out -> PyTorchWriter.write(weights.tensors(), out));
  }
}
