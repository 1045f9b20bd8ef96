package dev.residual.io;

import dev.residual.nn.Weights;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Checkpoints of PyTorch ({@code .pth}, {@code .pt}, {@code .th}), in the zip form and in the form
 * before it.
 *
 * <p>A checkpoint is a Python program in disguise, and is taken as hostile: only instructions and
 * names that describe dictionaries of tensors are accepted, everything else is refused by name
 * before anything is made of it, and lengths, offsets, strides and total sizes are checked. What is
 * wrong is an {@link IOException} of one line that names the file.
 *
 * <p>The tensors are those of the dictionary itself or, where present, of the one under {@code
 * state_dict}, {@code model} or {@code model_ema}; other entries are ignored, and names lose the
 * prefix {@code module.} that data-parallel training adds.
 *
 * <p>Methods may be called from several threads at once.
 */
public final class PyTorchCheckpoint {
  private PyTorchCheckpoint() {}

  /**
   * The tensors of a checkpoint, in its order, in row-major heap memory. Half precision and
   * bfloat16 are widened to F32, 16-bit integers to I32; booleans are U8.
   *
   * @throws IOException naming the file, if it is missing, malformed or refused
   */
  public static Weights read(Path file) throws IOException {
    try {
      FileHead head = FileHead.of(file);
      if (head.text().startsWith("PK")) {
        return new Weights(ZipCheckpoint.read(file, head.size()));
      }
      if (head.text().startsWith("\u0080")) {
        return new Weights(LegacyCheckpoint.read(file, head.size()));
      }
      throw new IOException("is not a checkpoint of PyTorch");
    } catch (IOException | IllegalArgumentException e) {
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
    AtomicFile.write(file, out -> CheckpointWriter.write(weights.tensors(), out));
  }
}
