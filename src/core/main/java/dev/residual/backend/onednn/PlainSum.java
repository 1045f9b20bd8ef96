package dev.residual.backend.onednn;

import dev.residual.graph.Window;
import dev.residual.tensor.Shape;

/**
 * One element of a convolution or of a gradient of one, by its definition: the sum of all products
 * that it is made of.
 */
final class PlainSum {
  private final Shape src;
  private final Shape weights;
  private final Shape dst;
  private final Window window;
  private final int groups;
  private double sum;
  private double magnitude;
  private double squares;

  PlainSum(Convolved it) {
    src = images(it.src().shape());
    weights = it.weights().shape();
    dst = images(it.dst().shape());
    window = it.window();
    groups = it.groups();
  }

  /** The rows of a matrix are images of one position. */
  private static Shape images(Shape shape) {
    return shape.rank() == 2 ? Shape.of(shape.dim(0), shape.dim(1), 1, 1) : shape;
  }

  /** The sum. */
  double sum() {
    return sum;
  }

  /** The sum of what the summands measure, which bounds what rounding them adds up to. */
  double magnitude() {
    return magnitude;
  }

  /** The root of the sum of squared summands: the size that such a sum usually has. */
  double size() {
    return Math.sqrt(squares);
  }

  private void clear() {
    sum = 0;
    magnitude = 0;
    squares = 0;
  }

  void add(double summand) {
    sum += summand;
    magnitude += Math.abs(summand);
    squares += summand * summand;
  }

  /** A result. */
  void forward(Grid images, Grid kernels, int n, int o, int y, int x) {
    clear();
    int first = o / (dst.dim(1) / groups) * weights.dim(1);
    for (int kh = 0; kh < window.kernelH(); kh++) {
      long h = srcRow(y, kh);
      for (int kw = 0; kw < window.kernelW() && h >= 0 && h < src.dim(2); kw++) {
        long w = srcColumn(x, kw);
        for (int i = 0; i < weights.dim(1) && w >= 0 && w < src.dim(3); i++) {
          add(images.get(n, first + i, h, w) * kernels.get(o, i, kh, kw));
        }
      }
    }
  }

  /** An element of the gradient of the source. */
  void backwardData(Grid diffDst, Grid kernels, int n, int i, int h, int w) {
    clear();
    int outs = dst.dim(1) / groups;
    int group = i / weights.dim(1);
    for (int kh = 0; kh < window.kernelH(); kh++) {
      long down = h + window.padTop() - (long) kh * window.dilationH();
      long y = down / window.strideH();
      if (down < 0 || down % window.strideH() != 0 || y >= dst.dim(2)) {
        continue;
      }
      for (int kw = 0; kw < window.kernelW(); kw++) {
        long right = w + window.padLeft() - (long) kw * window.dilationW();
        long x = right / window.strideW();
        if (right < 0 || right % window.strideW() != 0 || x >= dst.dim(3)) {
          continue;
        }
        for (int o = group * outs; o < (group + 1) * outs; o++) {
          add(diffDst.get(n, o, y, x) * kernels.get(o, i % weights.dim(1), kh, kw));
        }
      }
    }
  }

  /** An element of the gradient of the weights. */
  void backwardWeights(Grid images, Grid diffDst, int o, int i, int kh, int kw) {
    clear();
    int channel = o / (dst.dim(1) / groups) * weights.dim(1) + i;
    for (int n = 0; n < src.dim(0); n++) {
      for (int y = 0; y < dst.dim(2); y++) {
        long h = srcRow(y, kh);
        for (int x = 0; x < dst.dim(3) && h >= 0 && h < src.dim(2); x++) {
          long w = srcColumn(x, kw);
          if (w >= 0 && w < src.dim(3)) {
            add(images.get(n, channel, h, w) * diffDst.get(n, o, y, x));
          }
        }
      }
    }
  }

  /** An element of the gradient of the bias. */
  void backwardBias(Grid diffDst, int o) {
    clear();
    for (int n = 0; n < dst.dim(0); n++) {
      for (int y = 0; y < dst.dim(2); y++) {
        for (int x = 0; x < dst.dim(3); x++) {
          add(diffDst.get(n, o, y, x));
        }
      }
    }
  }

  private long srcRow(int y, int kh) {
    return (long) y * window.strideH() - window.padTop() + (long) kh * window.dilationH();
  }

  private long srcColumn(int x, int kw) {
    return (long) x * window.strideW() - window.padLeft() + (long) kw * window.dilationW();
  }
}
