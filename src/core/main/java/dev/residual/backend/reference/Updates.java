package dev.residual.backend.reference;

import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.GradientClip;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.Lerp;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.SgdUpdate;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleConsumer;

/** Steps of the optimiser. */
final class Updates {
  private Updates() {}

  /** An update that is told its factor, and skipped where that is 0. */
  static Step step(ParameterUpdate op, Buffers buffers, DoubleConsumer update) {
    double[] factors = buffers.elementsOrNull(op.factor());
    return () -> {
      double factor = factors == null ? 1 : factors[0];
      if (factor != 0) {
        update.accept(factor);
      }
    };
  }

  static Step sgd(SgdUpdate op, Buffers buffers) {
    double[] parameter = buffers.elements(op.parameter());
    double[] gradient = buffers.elements(op.gradient());
    double[] velocity = buffers.elementsOrNull(op.velocity());
    double[] learningRate = buffers.elements(op.learningRate());
    return step(
        op,
        buffers,
        factor -> {
          for (int i = 0; i < parameter.length; i++) {
            double g = factor * gradient[i] + op.weightDecay() * parameter[i];
            double step = g;
            if (velocity != null) {
              velocity[i] = op.momentum() * velocity[i] + g;
              step = op.nesterov() ? g + op.momentum() * velocity[i] : velocity[i];
            }
            parameter[i] -= learningRate[0] * step;
          }
        });
  }

  static Step adamW(AdamWUpdate op, Buffers buffers) {
    AdamWUpdate.Settings settings = op.settings();
    double[] parameter = buffers.elements(op.parameter());
    double[] gradient = buffers.elements(op.gradient());
    double[] mean = buffers.elements(op.mean());
    double[] variance = buffers.elements(op.variance());
    double[] steps = buffers.elements(op.steps());
    double[] learningRate = buffers.elements(op.learningRate());
    return step(
        op,
        buffers,
        factor -> {
          steps[0]++;
          double meanPart = 1 - Math.pow(settings.beta1(), steps[0]);
          double variancePart = 1 - Math.pow(settings.beta2(), steps[0]);
          for (int i = 0; i < parameter.length; i++) {
            double g = factor * gradient[i];
            mean[i] = settings.beta1() * mean[i] + (1 - settings.beta1()) * g;
            variance[i] = settings.beta2() * variance[i] + (1 - settings.beta2()) * g * g;
            double root = Math.sqrt(variance[i] / variancePart) + settings.epsilon();
            parameter[i] *= 1 - learningRate[0] * settings.weightDecay();
            parameter[i] -= learningRate[0] * mean[i] / meanPart / root;
          }
        });
  }

  static Step lars(LarsUpdate op, Buffers buffers) {
    double[] parameter = buffers.elements(op.parameter());
    double[] gradient = buffers.elements(op.gradient());
    double[] velocity = buffers.elements(op.velocity());
    double[] learningRate = buffers.elements(op.learningRate());
    return step(
        op,
        buffers,
        factor -> {
          double gradientNorm = Math.abs(factor) * Math.sqrt(squares(gradient));
          double ratio = op.ratio(Math.sqrt(squares(parameter)), gradientNorm);
          for (int i = 0; i < parameter.length; i++) {
            double g = factor * gradient[i] + op.weightDecay() * parameter[i];
            velocity[i] = op.momentum() * velocity[i] + ratio * g;
            parameter[i] -= learningRate[0] * velocity[i];
          }
        });
  }

  static Step clip(GradientClip op, Buffers buffers) {
    List<double[]> gradients = op.gradients().stream().map(buffers::elements).toList();
    double[] given = buffers.elementsOrNull(op.given());
    double[] factor = buffers.elements(op.factor());
    return () -> {
      double squares = gradients.stream().mapToDouble(Updates::squares).sum();
      factor[0] = op.factor(given == null ? 1 : given[0], squares);
    };
  }

  static double squares(double[] elements) {
    return Arrays.stream(elements).map(x -> x * x).sum();
  }

  static Step lerp(Lerp op, Buffers buffers) {
    double[] target = buffers.elements(op.target());
    double[] source = buffers.elements(op.source());
    double[] shares = buffers.elements(op.share());
    return () -> {
      double share = shares[0];
      for (int i = 0; i < target.length && share != 0; i++) {
        target[i] = op.between(target[i], source[i], share);
      }
    };
  }

  static Step lossScale(LossScaleUpdate op, Buffers buffers) {
    List<double[]> gradients = op.gradients().stream().map(buffers::elements).toList();
    double[] scale = buffers.elements(op.scale());
    double[] goodSteps = buffers.elements(op.goodSteps());
    double[] given = buffers.elementsOrNull(op.given());
    double[] factor = buffers.elements(op.factor());
    return () -> {
      double before = given == null ? 1 : given[0];
      if (before == 0) {
        factor[0] = 0;
        return;
      }
      boolean isFinite =
          gradients.stream().flatMapToDouble(Arrays::stream).allMatch(Double::isFinite);
      double old = scale[0];
      int good = (int) goodSteps[0];
      factor[0] = before * LossScaleUpdate.factor(old, isFinite);
      scale[0] = op.nextScale(old, good, isFinite);
      goodSteps[0] = op.nextGoodSteps(old, good, isFinite);
    };
  }
}
