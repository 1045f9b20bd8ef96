package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.BatchNorm;
import java.lang.foreign.MemorySegment;

/** The update of running statistics, which oneDNN leaves to its caller. */
final class RunningStatisticsStep implements Step {
  private final Buffer mean;
  private final Buffer variance;
  private final Buffer runningMean;
  private final Buffer runningVariance;
  private final int channels;
  private final float momentum;
  private final float unbiased;

  RunningStatisticsStep(OneDnnLowering lowering, BatchNorm op) {
    mean = lowering.buffer(op.mean());
    variance = lowering.buffer(op.variance());
    runningMean = lowering.buffer(op.runningMean());
    runningVariance = lowering.buffer(op.runningVariance());
    channels = op.src().shape().dim(1);
    momentum = (float) op.momentum();
    long samples = op.src().shape().elements() / channels;
    unbiased = (float) (samples / Math.max(1.0, samples - 1.0));
  }

  @Override
  public void run() {
    follow(runningMean.segment(), mean.segment(), 1);
    follow(runningVariance.segment(), variance.segment(), unbiased);
  }

  private void follow(MemorySegment running, MemorySegment batch, float factor) {
    for (int c = 0; c < channels; c++) {
      float old = running.getAtIndex(JAVA_FLOAT, c);
      float now = batch.getAtIndex(JAVA_FLOAT, c) * factor;
      running.setAtIndex(JAVA_FLOAT, c, (1 - momentum) * old + momentum * now);
    }
  }
}
