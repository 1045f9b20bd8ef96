package dev.residual.backend.reference;

import dev.residual.engine.Communicator;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.tensor.Bfloat16;
import dev.residual.tensor.DType;
import org.jspecify.annotations.Nullable;

/** Batch normalisation (Ioffe and Szegedy 2015, algorithms 1 and 2) and its gradients. */
final class BatchNorms {
  private BatchNorms() {}

  static Step forward(BatchNorm op, Buffers buffers, Communicator communicator) {
    double[] src = buffers.elements(op.src());
    double[] scale = buffers.elements(op.scale());
    double[] shift = buffers.elements(op.shift());
    double[] runningMean = buffers.elements(op.runningMean());
    double[] runningVariance = buffers.elements(op.runningVariance());
    double[] add = buffers.elementsOrNull(op.add());
    double[] dst = buffers.elements(op.dst());
    double[] mean = buffers.elements(op.mean());
    double[] variance = buffers.elements(op.variance());
    double[] mask = buffers.elementsOrNull(op.mask());
    Planes planes = Planes.of(op.src());
    double count = planes.elementsPerChannel() * (double) op.processes();
    Step means = shared(op.processes(), communicator, mean);
    Step variances = shared(op.processes(), communicator, variance);
    return () -> {
      for (int c = 0; c < planes.channels(); c++) {
        mean[c] = planes.sum(c, src, 0) / count;
      }
      means.run();
      for (int c = 0; c < planes.channels(); c++) {
        variance[c] = planes.sumOfSquares(c, src, mean[c]) / count;
      }
      variances.run();
      for (int c = 0; c < planes.channels(); c++) {
        // A single element has no unbiased variance; PyTorch refuses it, here it counts as biased.
        double unbiased = variance[c] * count / Math.max(count - 1, 1);
        double old = 1 - op.momentum();
        runningMean[c] = old * runningMean[c] + op.momentum() * mean[c];
        runningVariance[c] = old * runningVariance[c] + op.momentum() * unbiased;
      }
      normalise(planes, src, mean, variance, op.epsilon(), scale, shift, add, op.relu(), dst);
      if (mask != null) {
        writeMask(dst, mask);
      }
    };
  }

  /** Adds up over processes what each has of its own batch. */
  private static Step shared(int processes, Communicator communicator, double[]... arrays) {
    return processes == 1 ? () -> {} : ProcessSums.of(communicator, arrays);
  }

  static Step inference(BatchNormInference op, Buffers buffers) {
    double[] src = buffers.elements(op.src());
    double[] scale = buffers.elements(op.scale());
    double[] shift = buffers.elements(op.shift());
    double[] mean = buffers.elements(op.mean());
    double[] variance = buffers.elements(op.variance());
    double[] add = buffers.elementsOrNull(op.add());
    double[] dst = buffers.elements(op.dst());
    Planes planes = Planes.of(op.src());
    return () ->
        normalise(planes, src, mean, variance, op.epsilon(), scale, shift, add, op.relu(), dst);
  }

  private static void normalise(
      Planes planes,
      double[] src,
      double[] mean,
      double[] variance,
      double epsilon,
      double[] scale,
      double[] shift,
      double @Nullable [] add,
      boolean relu,
      double[] dst) {
    for (int i = 0; i < dst.length; i++) {
      int c = planes.channel(i);
      dst[i] = (src[i] - mean[c]) / Math.sqrt(variance[c] + epsilon) * scale[c] + shift[c];
      if (add != null) {
        dst[i] += add[i];
      }
    }
    if (relu) {
      Elementwise.relu(dst);
    }
  }

  static Step backward(BatchNormBackward op, Buffers buffers, Communicator communicator) {
    double[] src = buffers.elements(op.src());
    double[] diffDst = buffers.elements(op.diffDst());
    double[] diffDstAdd = buffers.elementsOrNull(op.diffDstAdd());
    double[] scale = buffers.elements(op.scale());
    double[] mean = buffers.elements(op.mean());
    double[] variance = buffers.elements(op.variance());
    double[] mask = buffers.elementsOrNull(op.mask());
    double[] diffSrc = buffers.elements(op.diffSrc());
    double[] diffScale = buffers.elements(op.diffScale());
    double[] diffShift = buffers.elements(op.diffShift());
    double[] diffAdd = buffers.elementsOrNull(op.diffAdd());
    Planes planes = Planes.of(op.src());
    double count = planes.elementsPerChannel() * (double) op.processes();
    Step sums = shared(op.processes(), communicator, diffShift, diffScale);
    DType type = op.src().dtype();
    return () -> {
      // From here on diffSrc holds the gradient before the ReLU, until the last loop.
      for (int i = 0; i < diffSrc.length; i++) {
        double diff = diffDstAdd == null ? diffDst[i] : sum(type, diffDst[i], diffDstAdd[i]);
        diffSrc[i] = mask == null || passes(mask, i) ? diff : 0;
      }
      if (diffAdd != null) {
        System.arraycopy(diffSrc, 0, diffAdd, 0, diffAdd.length);
      }
      for (int c = 0; c < planes.channels(); c++) {
        double deviation = Math.sqrt(variance[c] + op.epsilon());
        diffShift[c] = planes.sum(c, diffSrc, 0);
        diffScale[c] = planes.sumOfProducts(c, src, mean[c], diffSrc) / deviation;
      }
      sums.run();
      for (int i = 0; i < diffSrc.length; i++) {
        int c = planes.channel(i);
        double deviation = Math.sqrt(variance[c] + op.epsilon());
        double normalised = (src[i] - mean[c]) / deviation;
        double throughStatistics =
            op.frozen() ? 0 : (diffShift[c] + normalised * diffScale[c]) / count;
        diffSrc[i] = scale[c] / deviation * (diffSrc[i] - throughStatistics);
      }
    };
  }

  /** A sum of two gradients, rounded as the Add that it stands for would round it. */
  private static double sum(DType type, double first, double second) {
    return switch (type) {
      case F32 -> (float) (first + second);
      case BF16 -> Bfloat16.round((float) (first + second));
      case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) (first + second)));
      default -> first + second;
    };
  }

  private static void writeMask(double[] dst, double[] mask) {
    for (int b = 0; b < mask.length; b++) {
      int bits = 0;
      for (int i = 8 * b; i < Math.min(8 * b + 8, dst.length); i++) {
        bits |= dst[i] <= 0 ? 0 : 1 << i % 8;
      }
      mask[b] = bits;
    }
  }

  private static boolean passes(double[] mask, int i) {
    return ((int) mask[i / 8] >> i % 8 & 1) != 0;
  }
}
