package dev.residual.backend.reference;

import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.Softmax;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;

/** Operations that divide by sums along an axis. */
final class Normalizations {
  private Normalizations() {}

  static Step softmax(Softmax op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    Shape shape = op.src().shape();
    int extent = shape.dim(op.axis());
    int stride = Math.toIntExact(Strided.rowMajor(shape)[op.axis()]);
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int first = i - i / stride % extent * stride;
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < extent; k++) {
          largest = Math.max(largest, src[first + k * stride]);
        }
        double sum = 0;
        for (int k = 0; k < extent; k++) {
          sum += Math.exp(src[first + k * stride] - largest);
        }
        double shifted = src[i] - largest;
        dst[i] = op.log() ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
      }
    };
  }

  static Step localResponse(LocalResponseNorm op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] dst = buffers.elements(op.dst());
    Shape shape = op.src().shape();
    int plane = Math.toIntExact(Strided.rowMajor(shape)[1]);
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int channel = i / plane % shape.dim(1);
        double sum = 0;
        for (int c = op.first(channel); c < op.end(channel); c++) {
          double element = src[i + (c - channel) * plane];
          sum += element * element;
        }
        dst[i] = src[i] / Math.pow(op.k() + op.alpha() / op.size() * sum, op.beta());
      }
    };
  }
}
