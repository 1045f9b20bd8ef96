package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_channel_sums;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.BiasGradient;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Strided;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The lowering of gradients of biases: to a kernel, or to a plain loop. */
final class BiasGradients {
  private BiasGradients() {}

  static void lower(OneDnnLowering lowering, BiasGradient op) {
    lowering.step(
        lowering.settings().kernels() && isChannelsLast(lowering, op.diffDst())
            ? kernel(lowering, op.diffDst(), op.diffBias())
            : loop(lowering, op));
  }

  private static boolean isChannelsLast(OneDnnLowering lowering, Value value) {
    return value.shape().rank() == 2 || lowering.layout(value) == Layout.CHANNELS_LAST;
  }

  /** The sums of channels that lie last. */
  static Step kernel(OneDnnLowering lowering, Value diffDst, Value diffBias) {
    int channels = diffDst.shape().dim(1);
    int threads = lowering.settings().threads();
    MemorySegment a = residual_channel_sums.allocate(lowering.primitives().session());
    residual_channel_sums.rows(a, diffDst.shape().elements() / channels);
    residual_channel_sums.channels(a, channels);
    residual_channel_sums.dtype(a, KernelArguments.dtype(diffDst));
    residual_channel_sums.threads(a, threads);
    return new KernelArguments(lowering, a)
        .point(residual_channel_sums.src$offset(), diffDst)
        .point(residual_channel_sums.sums$offset(), diffBias)
        .scratch(
            residual_channel_sums.scratch$offset(),
            Residual.residual_channel_sums_scratch(channels, threads))
        .step(Residual.RESIDUAL_CHANNEL_SUMS(), "channel_sums");
  }

  private static Step loop(OneDnnLowering lowering, BiasGradient op) {
    FloatElements elements = FloatElements.of(op.diffDst().dtype());
    Buffer diffDst = lowering.buffer(op.diffDst());
    Buffer diffBias = lowering.buffer(op.diffBias());
    long count = op.diffDst().shape().elements();
    int channels = op.diffDst().shape().dim(1);
    long stride = Strided.strides(op.diffDst().shape(), lowering.layout(op.diffDst()))[1];
    double[] sums = new double[channels];
    return () -> {
      Arrays.fill(sums, 0);
      for (long i = 0; i < count; i++) {
        sums[(int) (i / stride % channels)] += elements.get(diffDst.segment(), i);
      }
      for (int c = 0; c < channels; c++) {
        FloatElements.F32.set(diffBias.segment(), c, (float) sums[c]);
      }
    };
  }
}
