package dev.residual.backend.reference;

import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;

/**
 * The cross-entropy of the softmax with label smoothing, and its gradient.
 *
 * <p>A label out of range has no defined target: its row makes the loss, and its gradient, NaN.
 */
final class Losses {
  private Losses() {}

  static Step forward(SoftmaxCrossEntropy op, Buffers buffers) {
    double[] logits = buffers.elements(op.logits());
    double[] labels = buffers.elements(op.labels());
    double[] loss = buffers.elements(op.loss());
    int classes = op.logits().shape().dim(1);
    return () -> {
      double sum = 0;
      for (int n = 0; n < labels.length; n++) {
        double logSumExp = logSumExp(logits, n * classes, classes);
        for (int c = 0; c < classes; c++) {
          double target = target(labels[n], c, classes, op.smoothing());
          if (target != 0) { // A class that is not asked for may have a logit of -infinity.
            sum += target * (logSumExp - logits[n * classes + c]);
          }
        }
      }
      loss[0] = sum / labels.length;
    };
  }

  static Step backward(SoftmaxCrossEntropyBackward op, Buffers buffers) {
    double[] logits = buffers.elements(op.logits());
    double[] labels = buffers.elements(op.labels());
    double[] diffLoss = buffers.elementsOrNull(op.diffLoss());
    double[] diffLogits = buffers.elements(op.diffLogits());
    int classes = op.logits().shape().dim(1);
    return () -> {
      double scale = (diffLoss == null ? 1 : diffLoss[0]) / labels.length;
      for (int n = 0; n < labels.length; n++) {
        double logSumExp = logSumExp(logits, n * classes, classes);
        for (int c = 0; c < classes; c++) {
          double softmax = Math.exp(logits[n * classes + c] - logSumExp);
          double target = target(labels[n], c, classes, op.smoothing());
          diffLogits[n * classes + c] = scale * (softmax - target);
        }
      }
    };
  }

  private static double logSumExp(double[] logits, int offset, int classes) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      largest = Math.max(largest, logits[offset + c]);
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(logits[offset + c] - largest);
    }
    return largest + Math.log(sum);
  }

  private static double target(double label, int c, int classes, double smoothing) {
    if (label < 0 || label >= classes) {
      return Double.NaN;
    }
    return (label == c ? 1 - smoothing : 0) + smoothing / classes;
  }
}
