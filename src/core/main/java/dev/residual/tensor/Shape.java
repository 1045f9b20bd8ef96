package dev.residual.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The extents of a tensor, outermost first; images are n c h w, convolution weights o i h w.
 *
 * <p>A shape without extents is that of a scalar. Instances are immutable.
 */
public final class Shape {
  /** The shape of a scalar. */
  public static final Shape SCALAR = new Shape();

  /** So that bytes can be counted, too. */
  private static final long MOST_ELEMENTS = 1L << 59;

  private final int[] dims;

  private Shape(int... dims) {
    this.dims = dims;
  }

  /**
   * The shape with these extents.
   *
   * @throws IllegalArgumentException if an extent is below 1, or there are more than 2<sup>59</sup>
   *     elements
   */
  public static Shape of(int... dims) {
    long elements = 1;
    for (int dim : dims) {
      if (dim < 1) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(dims) + ": every extent must be at least 1");
      }
      if (elements > MOST_ELEMENTS / dim) {
        throw new IllegalArgumentException(
            "shape %s: more than %d elements".formatted(Arrays.toString(dims), MOST_ELEMENTS));
      }
      elements *= dim;
    }
    return new Shape(dims.clone());
  }

  /** The number of extents. */
  public int rank() {
    return dims.length;
  }

  /** The extent at this position; negative positions count from the end. */
  public int dim(int index) {
    return dims[index < 0 ? dims.length + index : index];
  }

  /** The extents, outermost first. */
  public int[] dims() {
    return dims.clone();
  }

  /** The number of elements. */
  public long elements() {
    long elements = 1;
    for (int dim : dims) {
      elements *= dim;
    }
    return elements;
  }

  /** This shape with another extent at one position. */
  public Shape with(int index, int dim) {
    int[] copy = dims();
    copy[index] = dim;
    return of(copy);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** The extents joined by x, as {@code 8x3x32x32}; {@code scalar} without extents. */
  @Override
  public String toString() {
    return dims.length == 0
        ? "scalar"
        : Arrays.stream(dims).mapToObj(String::valueOf).collect(Collectors.joining("x"));
  }
}
