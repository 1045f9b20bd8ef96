package dev.residual.backend.reference;

import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;

/**
 * The cross-entropy of the softmax with label smoothing, and its gradient: softmax times the sum of
 * the targets, minus the target.
 *
 * <p>A label out of range has no defined target: its row makes the loss, and its gradient, NaN.
 */
final class Losses {
  private Losses() {}

  static Step forward(SoftmaxCrossEntropy op, Buffers buffers) {
    double[] logits = buffers.elements(op.logits());
    double[] labels = buffers.elements(op.labels());
    double[] loss = buffers.elements(op.loss());
    int rows = op.logits().shape().dim(0);
    int classes = op.logits().shape().dim(1);
    Targets targets = new Targets(labels, op.isSoft(), classes, op.smoothing());
    return () -> {
      double sum = 0;
      for (int n = 0; n < rows; n++) {
        double logSumExp = logSumExp(logits, n * classes, classes);
        for (int c = 0; c < classes; c++) {
          double target = targets.at(n, c);
          if (target != 0) { // A class that is not asked for may have a logit of -infinity.
            sum += target * (logSumExp - logits[n * classes + c]);
          }
        }
      }
      loss[0] = op.weight() * sum / rows;
    };
  }

  static Step backward(SoftmaxCrossEntropyBackward op, Buffers buffers) {
    double[] logits = buffers.elements(op.logits());
    double[] labels = buffers.elements(op.labels());
    double[] diffLoss = buffers.elementsOrNull(op.diffLoss());
    double[] diffLogits = buffers.elements(op.diffLogits());
    int rows = op.logits().shape().dim(0);
    int classes = op.logits().shape().dim(1);
    Targets targets = new Targets(labels, op.isSoft(), classes, op.smoothing());
    return () -> {
      double scale = op.weight() * (diffLoss == null ? 1 : diffLoss[0]) / rows;
      for (int n = 0; n < rows; n++) {
        double total = 0;
        for (int c = 0; c < classes; c++) {
          total += targets.at(n, c);
        }
        double logSumExp = logSumExp(logits, n * classes, classes);
        for (int c = 0; c < classes; c++) {
          double softmax = Math.exp(logits[n * classes + c] - logSumExp);
          diffLogits[n * classes + c] = scale * (softmax * total - targets.at(n, c));
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

  /** What softmax is to be, from a label for each row or a probability for each element. */
  private record Targets(double[] labels, boolean isSoft, int classes, double smoothing) {

    double at(int row, int c) {
      if (isSoft) {
        return (1 - smoothing) * labels[row * classes + c] + smoothing / classes;
      }
      if (labels[row] < 0 || labels[row] >= classes) {
        return Double.NaN;
      }
      return (labels[row] == c ? 1 - smoothing : 0) + smoothing / classes;
    }
  }
}
