package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import dev.residual.io.images.SplitMix;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A data set that needs no files: ten kinds of figures, drawn on the fly.
 *
 * <p>Colours, place, size, turn, background, clutter and noise vary. Every image is a function of
 * seed and index, the same on all machines, and shows the same scene at every side. Classes take
 * turns, so that they are equally frequent.
 */
public final class DrawnShapes implements DataSet {
  private static final Figure[] FIGURES = Figure.values();
  private static final List<String> CLASSES =
      Arrays.stream(FIGURES).map(figure -> figure.name().toLowerCase(Locale.ROOT)).toList();

  private final int size;
  private final int side;
  private final long seed;

  /**
   * A set of so many square images of this side.
   *
   * @throws IllegalArgumentException if the size is below 1 or the side not between 8 and 4096
   */
  public DrawnShapes(int size, int side, long seed) {
    if (size < 1) {
      throw new IllegalArgumentException("size is " + size + ", it must be at least 1");
    }
    if (side < 8 || side > 4096) {
      throw new IllegalArgumentException(
          "shapes are drawn with a side of 8 to 4096 pixels, not " + side);
    }
    this.size = size;
    this.side = side;
    this.seed = seed;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int label(int index) {
    return Objects.checkIndex(index, size) % FIGURES.length;
  }

  @Override
  public String name(int index) {
    return CLASSES.get(label(index)) + "/" + index;
  }

  @Override
  public List<String> classes() {
    return CLASSES;
  }

  @Override
  public Pixels image(int index) {
    return new Scene(FIGURES[label(index)], new SplitMix(seed, index)).draw(side);
  }

  @Override
  public void close() {}
}
