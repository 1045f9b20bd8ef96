package dev.residual.backend.reference;

import dev.residual.graph.Value;
import dev.residual.tensor.Shape;

/** The planes of an image tensor n c h w, for sums over the elements of a channel. */
record Planes(int images, int channels, int plane) {

  static Planes of(Value value) {
    Shape shape = value.shape();
    return new Planes(shape.dim(0), shape.dim(1), shape.dim(2) * shape.dim(3));
  }

  double elementsPerChannel() {
    return (double) images * plane;
  }

  /** The channel of the element at a row-major index. */
  int channel(int index) {
    return index / plane % channels;
  }

  /** The sum of {@code src - centre} over a channel. */
  double sum(int c, double[] src, double centre) {
    double sum = 0;
    for (int n = 0; n < images; n++) {
      int start = (n * channels + c) * plane;
      for (int i = start; i < start + plane; i++) {
        sum += src[i] - centre;
      }
    }
    return sum;
  }

  /** The sum of {@code (src - centre)^2} over a channel. */
  double sumOfSquares(int c, double[] src, double centre) {
    double sum = 0;
    for (int n = 0; n < images; n++) {
      int start = (n * channels + c) * plane;
      for (int i = start; i < start + plane; i++) {
        sum += (src[i] - centre) * (src[i] - centre);
      }
    }
    return sum;
  }

  /** The sum of {@code (src - centre) * factor} over a channel. */
  double sumOfProducts(int c, double[] src, double centre, double[] factor) {
    double sum = 0;
    for (int n = 0; n < images; n++) {
      int start = (n * channels + c) * plane;
      for (int i = start; i < start + plane; i++) {
        sum += (src[i] - centre) * factor[i];
      }
    }
    return sum;
  }
}
