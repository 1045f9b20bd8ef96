package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.AdamWUpdate;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.Lerp;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;

/** The steps of optimisers where there are no kernels: plain loops. */
final class UpdateLoops {
  private UpdateLoops() {}

  static Step of(OneDnnLowering lowering, AdamWUpdate op) {
    AdamWUpdate.Settings settings = op.settings();
    Buffer parameter = lowering.buffer(op.parameter());
    Buffer gradient = lowering.buffer(op.gradient());
    Buffer mean = lowering.buffer(op.mean());
    Buffer variance = lowering.buffer(op.variance());
    Buffer steps = lowering.buffer(op.steps());
    Buffer rate = lowering.buffer(op.learningRate());
    long elements = op.parameter().shape().elements();
    return unlessSkipped(
        lowering,
        op,
        factor -> {
          int count = steps.segment().get(JAVA_INT, 0) + 1;
          steps.segment().set(JAVA_INT, 0, count);
          double meanPart = 1 - Math.pow(settings.beta1(), count);
          double variancePart = 1 - Math.pow(settings.beta2(), count);
          double keep = 1 - number(rate) * settings.weightDecay();
          for (long i = 0; i < elements; i++) {
            double g = factor * get(gradient, i);
            double m = settings.beta1() * get(mean, i) + (1 - settings.beta1()) * g;
            double v = settings.beta2() * get(variance, i) + (1 - settings.beta2()) * g * g;
            set(mean, i, m);
            set(variance, i, v);
            double step = m / meanPart / (Math.sqrt(v / variancePart) + settings.epsilon());
            set(parameter, i, keep * get(parameter, i) - number(rate) * step);
          }
        });
  }

  static Step of(OneDnnLowering lowering, LarsUpdate op) {
    Buffer parameter = lowering.buffer(op.parameter());
    Buffer gradient = lowering.buffer(op.gradient());
    Buffer velocity = lowering.buffer(op.velocity());
    Buffer rate = lowering.buffer(op.learningRate());
    long elements = op.parameter().shape().elements();
    return unlessSkipped(
        lowering,
        op,
        factor -> {
          double norm = Math.sqrt(squares(parameter.segment(), elements));
          double gradientNorm = Math.abs(factor) * Math.sqrt(squares(gradient.segment(), elements));
          double ratio = op.ratio(norm, gradientNorm);
          for (long i = 0; i < elements; i++) {
            double g = factor * get(gradient, i) + op.weightDecay() * get(parameter, i);
            double v = op.momentum() * get(velocity, i) + ratio * g;
            set(velocity, i, v);
            set(parameter, i, get(parameter, i) - number(rate) * v);
          }
        });
  }

  static Step of(OneDnnLowering lowering, Lerp op) {
    Buffer target = lowering.buffer(op.target());
    Buffer source = lowering.buffer(op.source());
    Buffer shares = lowering.buffer(op.share());
    long elements = op.target().shape().elements();
    return () -> {
      double share = number(shares);
      if (share != 0) {
        for (long i = 0; i < elements; i++) {
          set(target, i, op.between(get(target, i), get(source, i), share));
        }
      }
    };
  }

  /** The sum of the squares of floats. */
  static double squares(MemorySegment src, long elements) {
    double sum = 0;
    for (long i = 0; i < elements; i++) {
      double x = src.getAtIndex(JAVA_FLOAT, i);
      sum += x * x;
    }
    return sum;
  }

  /** What is done with the factor of an update. */
  interface Update {
    /** Does one step by the gradient times a factor, which is not 0. */
    void step(float factor);
  }

  /** A step that does nothing where its factor is 0. */
  static Step unlessSkipped(OneDnnLowering lowering, ParameterUpdate op, Update update) {
    Value factor = op.factor();
    if (factor == null) {
      return () -> update.step(1);
    }
    Buffer buffer = lowering.buffer(factor);
    return () -> {
      float number = number(buffer);
      if (number != 0) {
        update.step(number);
      }
    };
  }

  static float number(Buffer scalar) {
    return scalar.segment().get(JAVA_FLOAT, 0);
  }

  private static float get(Buffer buffer, long i) {
    return buffer.segment().getAtIndex(JAVA_FLOAT, i);
  }

  private static void set(Buffer buffer, long i, double x) {
    buffer.segment().setAtIndex(JAVA_FLOAT, i, (float) x);
  }
}
