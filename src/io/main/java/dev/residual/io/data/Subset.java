package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Some images of a data set, which it owns.
 *
 * @param indices the positions in the whole set
 */
record Subset(DataSet whole, int[] indices) implements DataSet {
  /** One image of so many is held out of training. */
  private static final int HELD_OUT = 10;

  /**
   * The images that a set without parts serves for training, or those held out for validation: the
   * 2nd, 12th, 22nd... of each class.
   */
  static Subset split(DataSet whole, boolean heldOut) throws IOException {
    int[] seen = new int[whole.classes().size()];
    int[] indices =
        IntStream.range(0, whole.size())
            .filter(i -> (seen[whole.label(i)]++ % HELD_OUT == 1) == heldOut)
            .toArray();
    if (indices.length == 0) {
      throw new IOException(
          "no class has two images, so that none can be held out of training for validation");
    }
    return new Subset(whole, indices);
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public int label(int index) {
    return whole.label(indices[index]);
  }

  @Override
  public String name(int index) {
    return whole.name(indices[index]);
  }

  @Override
  public List<String> classes() {
    return whole.classes();
  }

  @Override
  public Pixels image(int index) throws IOException {
    return whole.image(indices[index]);
  }

  @Override
  public void close() throws IOException {
    whole.close();
  }
}
