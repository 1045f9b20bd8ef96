package dev.residual.backend.reference;

import dev.residual.graph.BiasGradient;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import java.util.Arrays;

/**
 * Convolution and its gradients: for each kernel element one column, as in im2col. Padding is left
 * out of sums, so that weights which are no numbers do not meet it.
 */
final class Convolutions {
  private Convolutions() {}

  /** Visits a kernel element that joins an input channel with the output channels of its group. */
  private interface Visitor {
    /**
     * A visit.
     *
     * @param src the offset of the input channel's plane
     * @param weights the offset of the kernel element for the group's first output channel
     * @param dst the offset of that output channel's plane
     */
    void visit(int src, int ky, int kx, int weights, int dst);
  }

  /** The loops that all three operations share. */
  private record Loops(Value src, Value weights, Value dst, Im2col im2col, int groups) {

    int images() {
      return src.shape().dim(0);
    }

    int inputs() {
      return weights.shape().dim(1);
    }

    int outputs() {
      return weights.shape().dim(0) / groups;
    }

    /** The distance between output channels in the weights. */
    int filter() {
      return inputs() * weights.shape().dim(2) * weights.shape().dim(3);
    }

    void forEach(Visitor visitor) {
      int kernelH = weights.shape().dim(2);
      int kernelW = weights.shape().dim(3);
      for (int n = 0; n < images(); n++) {
        for (int g = 0; g < groups; g++) {
          int dst = (n * groups + g) * outputs() * im2col.positions();
          for (int i = 0; i < inputs(); i++) {
            int src = ((n * groups + g) * inputs() + i) * im2col.plane();
            for (int ky = 0; ky < kernelH; ky++) {
              for (int kx = 0; kx < kernelW; kx++) {
                int element = g * outputs() * filter() + (i * kernelH + ky) * kernelW + kx;
                visitor.visit(src, ky, kx, element, dst);
              }
            }
          }
        }
      }
    }
  }

  static Step forward(Conv2d op, Buffers buffers) {
    Step products = products(op.src(), op.weights(), op.dst(), op.window(), op.groups(), buffers);
    double[] bias = buffers.elementsOrNull(op.bias());
    double[] add = buffers.elementsOrNull(op.add());
    double[] dst = buffers.elements(op.dst());
    int channels = op.dst().shape().dim(1);
    int positions = op.dst().shape().dim(2) * op.dst().shape().dim(3);
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        dst[i] = (bias == null ? 0 : bias[i / positions % channels]) + (add == null ? 0 : add[i]);
      }
      products.run();
      if (op.relu()) {
        Elementwise.relu(dst);
      }
    };
  }

  /** Adds the convolution of src and weights to dst. */
  static Step products(
      Value srcValue,
      Value weightsValue,
      Value dstValue,
      Window window,
      int groups,
      Buffers buffers) {
    Im2col im2col = Im2col.of(srcValue, dstValue, window);
    Loops loops = new Loops(srcValue, weightsValue, dstValue, im2col, groups);
    double[] src = buffers.elements(srcValue);
    double[] weights = buffers.elements(weightsValue);
    double[] dst = buffers.elements(dstValue);
    int positions = im2col.positions();
    int outputs = loops.outputs();
    int filter = loops.filter();
    double[] column = new double[positions];
    Im2col.Runs runs = new Im2col.Runs(im2col);
    Visitor visitor =
        (from, ky, kx, element, to) -> {
          im2col.gather(src, from, ky, kx, column);
          im2col.find(ky, kx, runs);
          for (int o = 0; o < outputs; o++) {
            double weight = weights[element + o * filter];
            int plane = to + o * positions;
            for (int r = 0; r < runs.size(); r++) {
              int at = runs.first(r);
              Blas1.axpy(runs.count(r), weight, column, at, dst, plane + at);
            }
          }
        };
    return () -> loops.forEach(visitor);
  }

  static Step backwardData(Conv2dBackwardData op, Buffers buffers) {
    Im2col im2col = Im2col.of(op.diffSrc(), op.diffDst(), op.window());
    Loops loops = new Loops(op.diffSrc(), op.weights(), op.diffDst(), im2col, op.groups());
    double[] diffDst = buffers.elements(op.diffDst());
    double[] weights = buffers.elements(op.weights());
    double[] diffSrc = buffers.elements(op.diffSrc());
    int positions = im2col.positions();
    int outputs = loops.outputs();
    int filter = loops.filter();
    double[] column = new double[positions];
    Visitor visitor =
        (to, ky, kx, element, from) -> {
          Arrays.fill(column, 0);
          for (int o = 0; o < outputs; o++) {
            double weight = weights[element + o * filter];
            Blas1.axpy(positions, weight, diffDst, from + o * positions, column, 0);
          }
          im2col.scatter(column, ky, kx, diffSrc, to);
        };
    return () -> {
      Arrays.fill(diffSrc, 0);
      loops.forEach(visitor);
    };
  }

  static Step backwardWeights(Conv2dBackwardWeights op, Buffers buffers) {
    Im2col im2col = Im2col.of(op.src(), op.diffDst(), op.window());
    Loops loops = new Loops(op.src(), op.diffWeights(), op.diffDst(), im2col, op.groups());
    double[] src = buffers.elements(op.src());
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffWeights = buffers.elements(op.diffWeights());
    double[] diffBias = buffers.elementsOrNull(op.diffBias());
    int positions = im2col.positions();
    int outputs = loops.outputs();
    int filter = loops.filter();
    double[] column = new double[positions];
    Im2col.Runs runs = new Im2col.Runs(im2col);
    Visitor visitor =
        (from, ky, kx, element, diff) -> {
          im2col.gather(src, from, ky, kx, column);
          im2col.find(ky, kx, runs);
          for (int o = 0; o < outputs; o++) {
            int plane = diff + o * positions;
            double sum = 0;
            for (int r = 0; r < runs.size(); r++) {
              int at = runs.first(r);
              sum += Blas1.dot(runs.count(r), column, at, diffDst, plane + at);
            }
            diffWeights[element + o * filter] += sum;
          }
        };
    return () -> {
      Arrays.fill(diffWeights, 0);
      loops.forEach(visitor);
      if (diffBias != null) {
        sumChannels(diffDst, positions, diffBias);
      }
    };
  }

  static Step biasGradient(BiasGradient op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffBias = buffers.elements(op.diffBias());
    int images = op.diffDst().shape().dim(0);
    int plane = diffDst.length / images / diffBias.length;
    return () -> sumChannels(diffDst, plane, diffBias);
  }

  private static void sumChannels(double[] src, int plane, double[] dst) {
    Arrays.fill(dst, 0);
    for (int i = 0; i < src.length; i++) {
      dst[i / plane % dst.length] += src[i];
    }
  }
}
