package dev.residual.backend.reference;

import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.SgdUpdate;
import java.util.Arrays;
import java.util.List;

/** Steps of the optimiser. */
final class Updates {
  private Updates() {}

  static Step sgd(SgdUpdate op, Buffers buffers) {
    double[] parameter = buffers.elements(op.parameter());
    double[] gradient = buffers.elements(op.gradient());
    double[] velocity = buffers.elementsOrNull(op.velocity());
    double[] learningRate = buffers.elements(op.learningRate());
    double[] factors = buffers.elementsOrNull(op.factor());
    return () -> {
      double factor = factors == null ? 1 : factors[0];
      if (factor == 0) {
        return;
      }
      for (int i = 0; i < parameter.length; i++) {
        double g = factor * gradient[i] + op.weightDecay() * parameter[i];
        double step = g;
        if (velocity != null) {
          velocity[i] = op.momentum() * velocity[i] + g;
          step = op.nesterov() ? g + op.momentum() * velocity[i] : velocity[i];
        }
        parameter[i] -= learningRate[0] * step;
      }
    };
  }

  static Step lossScale(LossScaleUpdate op, Buffers buffers) {
    List<double[]> gradients = op.gradients().stream().map(buffers::elements).toList();
    double[] scale = buffers.elements(op.scale());
    double[] goodSteps = buffers.elements(op.goodSteps());
    double[] factor = buffers.elements(op.factor());
    return () -> {
      boolean isFinite =
          gradients.stream().flatMapToDouble(Arrays::stream).allMatch(Double::isFinite);
      double before = scale[0];
      int good = (int) goodSteps[0];
      factor[0] = LossScaleUpdate.factor(before, isFinite);
      scale[0] = op.nextScale(before, good, isFinite);
      goodSteps[0] = op.nextGoodSteps(before, good, isFinite);
    };
  }
}
