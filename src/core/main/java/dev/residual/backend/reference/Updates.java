package dev.residual.backend.reference;

import dev.residual.graph.SgdUpdate;

/** Steps of the optimiser. */
final class Updates {
  private Updates() {}

  static Step sgd(SgdUpdate op, Buffers buffers) {
    double[] parameter = buffers.elements(op.parameter());
    double[] gradient = buffers.elements(op.gradient());
    double[] velocity = buffers.elementsOrNull(op.velocity());
    double[] learningRate = buffers.elements(op.learningRate());
    return () -> {
      for (int i = 0; i < parameter.length; i++) {
        double g = gradient[i] + op.weightDecay() * parameter[i];
        double step = g;
        if (velocity != null) {
          velocity[i] = op.momentum() * velocity[i] + g;
          step = op.nesterov() ? g + op.momentum() * velocity[i] : velocity[i];
        }
        parameter[i] -= learningRate[0] * step;
      }
    };
  }
}
