package dev.residual.calibration;

import dev.residual.tensor.Tensor;

/** Mean and variance of each channel over the images seen so far. */
final class ChannelSums {
  private final double[] sums;
  private final double[] squares;
  private long count;

  ChannelSums(int channels) {
    sums = new double[channels];
    squares = new double[channels];
  }

  /** Adds the first images of a tensor n c h w. */
  void add(Tensor tensor, int images) {
    int plane = tensor.shape().dim(2) * tensor.shape().dim(3);
    long index = 0;
    for (int n = 0; n < images; n++) {
      for (int c = 0; c < sums.length; c++) {
        for (int i = 0; i < plane; i++) {
          double x = tensor.get(index++);
          sums[c] += x;
          squares[c] += x * x;
        }
      }
    }
    count += (long) images * plane;
  }

  double mean(int channel) {
    return sums[channel] / count;
  }

  double variance(int channel) {
    double mean = mean(channel);
    // Rounding may take a channel without variance below zero.
    return Math.max(0, squares[channel] / count - mean * mean);
  }
}
