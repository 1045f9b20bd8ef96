package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.tensor.Strided;

/** A local response normalization, in Java. */
final class LocalResponseStep implements Step {
  private final LocalResponseNorm op;
  private final Buffer src;
  private final Buffer dst;
  private final long count;
  private final int channels;
  private final long stride;
  private final FloatElements elements;

  LocalResponseStep(OneDnnLowering lowering, LocalResponseNorm op) {
    this.op = op;
    src = lowering.buffer(op.src());
    dst = lowering.buffer(op.dst());
    count = op.src().shape().elements();
    channels = op.src().shape().dim(1);
    stride = Strided.strides(op.src().shape(), lowering.layout(op.src()))[1];
    elements = FloatElements.of(op.src().dtype());
  }

  @Override
  public void run() {
    for (long i = 0; i < count; i++) {
      int channel = (int) (i / stride % channels);
      double sum = 0;
      for (int c = op.first(channel); c < op.end(channel); c++) {
        double element = elements.get(src.segment(), i + (c - channel) * stride);
        sum += element * element;
      }
      double scale = Math.pow(op.k() + op.alpha() / op.size() * sum, op.beta());
      elements.set(dst.segment(), i, (float) (elements.get(src.segment(), i) / scale));
    }
  }
}
