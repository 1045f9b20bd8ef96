package dev.residual.io.images;

import java.util.Arrays;

/**
 * Antialiased resizing that agrees with Pillow's bit for bit.
 *
 * <p>The filter is widened by the scale when shrinking. Weights are fixed-point numbers of 22
 * fractional bits; the horizontal pass comes first, and its result is rounded and clipped to 8 bits
 * before the vertical pass. Only a window of the result is computed.
 */
final class Resampling {
  private static final int PRECISION_BITS = 22;

  private Resampling() {}

  /**
   * A window of a part of an image resized to {@code height x width}. What lies outside of the part
   * takes no share; where the window reaches over the edges of the resized part it is black.
   */
  static Pixels resize(
      Pixels image, Box part, int height, int width, Box window, Interpolation interpolation) {
    if (part.height() == height && part.width() == width) {
      return image.crop(
          part.top() + window.top(), part.left() + window.left(), window.height(), window.width());
    }
    int firstRow = Math.max(0, window.top());
    int rows = Math.min(height, window.top() + window.height()) - firstRow;
    int firstColumn = Math.max(0, window.left());
    int columns = Math.min(width, window.left() + window.width()) - firstColumn;
    Weights vertical = Weights.of(interpolation, part.height(), height, firstRow, rows);
    Weights horizontal = Weights.of(interpolation, part.width(), width, firstColumn, columns);
    Pixels rowsResized = resizeRows(image, part, horizontal, columns, vertical);
    Pixels resized = resizeColumns(rowsResized, vertical, rows);
    return resized.crop(
        window.top() - firstRow, window.left() - firstColumn, window.height(), window.width());
  }

  /** The horizontal pass, over the rows that the vertical pass will read. */
  private static Pixels resizeRows(
      Pixels image, Box part, Weights horizontal, int columns, Weights vertical) {
    int first = vertical.first[0];
    int rows = vertical.end() - first;
    byte[] src = image.rgb();
    byte[] dst = new byte[3 * rows * columns];
    int to = 0;
    for (int y = 0; y < rows; y++) {
      int row = (part.top() + first + y) * image.width() + part.left();
      for (int x = 0; x < columns; x++) {
        int from = 3 * (row + horizontal.first[x]);
        int red = 1 << (PRECISION_BITS - 1);
        int green = red;
        int blue = red;
        int k = x * horizontal.stride;
        for (int end = k + horizontal.count[x]; k < end; k++, from += 3) {
          int weight = horizontal.fixed[k];
          red += weight * (src[from] & 0xFF);
          green += weight * (src[from + 1] & 0xFF);
          blue += weight * (src[from + 2] & 0xFF);
        }
        dst[to++] = clip(red);
        dst[to++] = clip(green);
        dst[to++] = clip(blue);
      }
    }
    return new Pixels(rows, columns, dst);
  }

  private static Pixels resizeColumns(Pixels image, Weights vertical, int rows) {
    int stride = 3 * image.width();
    byte[] src = image.rgb();
    byte[] dst = new byte[rows * stride];
    int[] sums = new int[stride];
    for (int y = 0; y < rows; y++) {
      Arrays.fill(sums, 1 << (PRECISION_BITS - 1));
      int from = (vertical.first[y] - vertical.first[0]) * stride;
      for (int k = 0; k < vertical.count[y]; k++, from += stride) {
        int weight = vertical.fixed[y * vertical.stride + k];
        for (int i = 0; i < stride; i++) {
          sums[i] += weight * (src[from + i] & 0xFF);
        }
      }
      for (int i = 0; i < stride; i++) {
        dst[y * stride + i] = clip(sums[i]);
      }
    }
    return new Pixels(rows, image.width(), dst);
  }

  private static byte clip(int sum) {
    return (byte) Math.clamp(sum >> PRECISION_BITS, 0, 255);
  }

  /**
   * For each result along one side: the first source, the number of sources, and their weights.
   *
   * @param stride the number of places for weights of each result
   */
  private record Weights(int[] first, int[] count, int[] fixed, int stride) {

    /** The weights of {@code n} results from {@code from} on, of {@code dst} from {@code src}. */
    static Weights of(Interpolation interpolation, int src, int dst, int from, int n) {
      double scale = (double) src / dst;
      double widening = Math.max(1, scale);
      double support = interpolation.support() * widening;
      int stride = (int) Math.ceil(support) * 2 + 1;
      Weights weights = new Weights(new int[n], new int[n], new int[n * stride], stride);
      double[] exact = new double[stride];
      for (int i = 0; i < n; i++) {
        double center = (from + i + 0.5) * scale;
        int first = Math.max(0, (int) (center - support + 0.5));
        int count = Math.min(src, (int) (center + support + 0.5)) - first;
        double sum = 0;
        for (int k = 0; k < count; k++) {
          exact[k] = interpolation.weight((first + k - center + 0.5) * (1 / widening));
          sum += exact[k];
        }
        weights.first[i] = first;
        weights.count[i] = count;
        for (int k = 0; k < count; k++) {
          double weight = exact[k] / sum;
          weights.fixed[i * stride + k] =
              (int) (weight * (1 << PRECISION_BITS) + Math.copySign(0.5, weight));
        }
      }
      return weights;
    }

    /** The end of the sources that are read. */
    int end() {
      int last = first.length - 1;
      return first[last] + count[last];
    }
  }
}
