package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Softmax;
import dev.residual.tensor.Strided;

/** A softmax along one axis, in Java. */
final class SoftmaxStep implements Step {
  private final boolean isLog;
  private final Buffer src;
  private final Buffer dst;
  private final long lines;
  private final int extent;
  private final long stride;
  private final FloatElements elements;

  SoftmaxStep(OneDnnLowering lowering, Softmax op) {
    isLog = op.log();
    src = lowering.buffer(op.src());
    dst = lowering.buffer(op.dst());
    extent = op.src().shape().dim(op.axis());
    lines = op.src().shape().elements() / extent;
    stride = Strided.strides(op.src().shape(), lowering.layout(op.src()))[op.axis()];
    elements = FloatElements.of(op.src().dtype());
  }

  @Override
  public void run() {
    for (long n = 0; n < lines; n++) {
      line(n / stride * stride * extent + n % stride);
    }
  }

  private void line(long first) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < extent; k++) {
      largest = Math.max(largest, elements.get(src.segment(), first + k * stride));
    }
    double sum = 0;
    for (int k = 0; k < extent; k++) {
      sum += Math.exp(elements.get(src.segment(), first + k * stride) - largest);
    }
    double logSum = Math.log(sum);
    for (int k = 0; k < extent; k++) {
      long i = first + k * stride;
      double shifted = elements.get(src.segment(), i) - largest;
      double result = isLog ? shifted - logSum : Math.exp(shifted) / sum;
      elements.set(dst.segment(), i, (float) result);
    }
  }
}
