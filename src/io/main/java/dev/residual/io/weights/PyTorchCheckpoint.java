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
 * <p>A checkpoint is a Python program in disguise, and is taken as hostile. None of it is run, and
 * no object that it names is made. Lengths, offsets, strides and total sizes are checked. The size
 * of the file limits time and memory. What is wrong is an {@link IOException} of one line that
 * names the file.
 *
 * <p>The weights are those of the dictionary that holds the most tensors, wherever it is. A network
 * that was saved as an object gives its state dictionary. Optimisers are passed over. Of
 * dictionaries of equal size, those with usual names such as {@code state_dict} come first, and
 * averaged weights last. Names lose the prefixes of wrappers that all of them have: {@code
 * module.}, {@code model.}, {@code net.}, {@code backbone.}, and {@code _orig_mod.} anywhere. What
 * is left aside is told by {@link WeightFile}.
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
    return read(file, FileHead.of(file));
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
   * equal weights in equal order give equal bytes.
   *
   * @throws IOException naming the file, if it cannot be written
   */
  public static void write(Path file, Weights weights) throws IOException {
    AtomicFile.write(file, out -> PyTorchWriter.write(weights.tensors(), out));
  }
}
