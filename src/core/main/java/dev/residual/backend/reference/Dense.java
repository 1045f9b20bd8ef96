package dev.residual.backend.reference;

import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import java.util.Arrays;

/** The fully connected layer and its gradients. */
final class Dense {
  private Dense() {}

  static Step forward(Linear op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] weights = buffers.elements(op.weights());
    double[] bias = buffers.elementsOrNull(op.bias());
    double[] dst = buffers.elements(op.dst());
    int inputs = op.weights().shape().dim(1);
    int outputs = op.weights().shape().dim(0);
    return () -> {
      for (int i = 0; i < dst.length; i++) {
        int n = i / outputs;
        int o = i % outputs;
        dst[i] =
            Blas1.dot(inputs, src, n * inputs, weights, o * inputs) + (bias == null ? 0 : bias[o]);
      }
    };
  }

  static Step backwardData(LinearBackwardData op, Buffers buffers) {
    double[] diffDst = buffers.elements(op.diffDst());
    double[] weights = buffers.elements(op.weights());
    double[] diffSrc = buffers.elements(op.diffSrc());
    int inputs = op.weights().shape().dim(1);
    int outputs = op.weights().shape().dim(0);
    return () -> {
      Arrays.fill(diffSrc, 0);
      for (int i = 0; i < diffDst.length; i++) {
        int n = i / outputs;
        int o = i % outputs;
        Blas1.axpy(inputs, diffDst[i], weights, o * inputs, diffSrc, n * inputs);
      }
    };
  }

  static Step backwardWeights(LinearBackwardWeights op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffWeights = buffers.elements(op.diffWeights());
    double[] diffBias = buffers.elementsOrNull(op.diffBias());
    int inputs = op.diffWeights().shape().dim(1);
    int outputs = op.diffWeights().shape().dim(0);
    return () -> {
      Arrays.fill(diffWeights, 0);
      for (int i = 0; i < diffDst.length; i++) {
        int n = i / outputs;
        int o = i % outputs;
        Blas1.axpy(inputs, diffDst[i], src, n * inputs, diffWeights, o * inputs);
      }
      if (diffBias != null) {
        Arrays.fill(diffBias, 0);
        for (int i = 0; i < diffDst.length; i++) {
          diffBias[i % outputs] += diffDst[i];
        }
      }
    };
  }
}
