package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * Some images of a data set, which follow each other.
 *
 * <p>Closing does nothing: the data set remains its owner's.
 *
 * @param whole all images
 * @param first the first of them
 * @param size how many, at least one
 */
public record ImageRange(DataSet whole, int first, int size) implements DataSet {

  /**
   * Checks the range.
   *
   * @throws IndexOutOfBoundsException if there are no such images
   */
  public ImageRange {
    Objects.checkFromIndexSize(first, Math.max(size, 1), whole.size());
  }

  /**
   * The images that one of several processes measures with: all have as many, or one more.
   *
   * @throws IllegalArgumentException if there are fewer images than processes
   */
  public static DataSet of(DataSet whole, Share share) {
    if (share.processes() == 1) {
      return whole;
    }
    if (whole.size() < share.processes()) {
      throw new IllegalArgumentException(
          "%d images cannot be shared by %d processes".formatted(whole.size(), share.processes()));
    }
    int first = (int) ((long) whole.size() * share.rank() / share.processes());
    int end = (int) ((long) whole.size() * (share.rank() + 1) / share.processes());
    return new ImageRange(whole, first, end - first);
  }

  private int place(int index) {
    return first + Objects.checkIndex(index, size);
  }

  @Override
  public int label(int index) {
    return whole.label(place(index));
  }

  @Override
  public String name(int index) {
    return whole.name(place(index));
  }

  @Override
  public List<String> classes() {
    return whole.classes();
  }

  @Override
  public Pixels image(int index) throws IOException {
    return whole.image(place(index));
  }

  @Override
  public void close() {}
}
