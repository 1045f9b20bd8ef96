package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** One step of stochastic gradient descent on one parameter. */
final class SgdStep implements Step {
  private final Buffer parameter;
  private final Buffer gradient;
  private final @Nullable Buffer velocity;
  private final Buffer learningRate;
  private final @Nullable Buffer factor;
  private final int elements;
  private final float momentum;
  private final float decay;
  private final boolean nesterov;

  SgdStep(OneDnnLowering lowering, SgdUpdate op) {
    Value velocityValue = op.velocity();
    Value factorValue = op.factor();
    parameter = lowering.buffer(op.parameter());
    gradient = lowering.buffer(op.gradient());
    velocity = velocityValue == null ? null : lowering.buffer(velocityValue);
    learningRate = lowering.buffer(op.learningRate());
    factor = factorValue == null ? null : lowering.buffer(factorValue);
    elements = Math.toIntExact(op.parameter().shape().elements());
    momentum = (float) op.momentum();
    decay = (float) op.weightDecay();
    nesterov = op.nesterov();
  }

  @Override
  public void run() {
    float rate = learningRate.segment().get(JAVA_FLOAT, 0);
    float f = factor == null ? 1 : factor.segment().get(JAVA_FLOAT, 0);
    if (f == 0) {
      return;
    }
    MemorySegment p = parameter.segment();
    MemorySegment g = gradient.segment();
    if (velocity == null) {
      plain(p, g, f, elements, rate, decay);
    } else if (nesterov) {
      nesterov(p, g, f, velocity.segment(), elements, rate, decay, momentum);
    } else {
      momentum(p, g, f, velocity.segment(), elements, rate, decay, momentum);
    }
  }

  private static void plain(
      MemorySegment p, MemorySegment g, float f, int n, float rate, float decay) {
    for (int i = 0; i < n; i++) {
      float x = p.getAtIndex(JAVA_FLOAT, i);
      p.setAtIndex(JAVA_FLOAT, i, x - rate * (f * g.getAtIndex(JAVA_FLOAT, i) + decay * x));
    }
  }

  private static void momentum(
      MemorySegment p,
      MemorySegment g,
      float f,
      MemorySegment v,
      int n,
      float rate,
      float decay,
      float m) {
    for (int i = 0; i < n; i++) {
      float x = p.getAtIndex(JAVA_FLOAT, i);
      float velocity =
          m * v.getAtIndex(JAVA_FLOAT, i) + (f * g.getAtIndex(JAVA_FLOAT, i) + decay * x);
      v.setAtIndex(JAVA_FLOAT, i, velocity);
      p.setAtIndex(JAVA_FLOAT, i, x - rate * velocity);
    }
  }

  private static void nesterov(
      MemorySegment p,
      MemorySegment g,
      float f,
      MemorySegment v,
      int n,
      float rate,
      float decay,
      float m) {
    for (int i = 0; i < n; i++) {
      float x = p.getAtIndex(JAVA_FLOAT, i);
      float step = f * g.getAtIndex(JAVA_FLOAT, i) + decay * x;
      float velocity = m * v.getAtIndex(JAVA_FLOAT, i) + step;
      v.setAtIndex(JAVA_FLOAT, i, velocity);
      p.setAtIndex(JAVA_FLOAT, i, x - rate * (step + m * velocity));
    }
  }
}
