package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_batch_norm;
import dev.residual.bindings.kernels.residual_batch_norm_backward;
import dev.residual.bindings.kernels.residual_batch_norm_inference;
import dev.residual.engine.MemoryPlan.InPlace;
import dev.residual.engine.program.Buffer;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The lowering of batch normalisation to Residual's own kernels, which fuse add and ReLU. */
final class KernelNorms {
  private KernelNorms() {}

  /** Whether the kernels are there and what they compute is to lie as they write it. */
  static boolean fits(OneDnnLowering lowering, @Nullable Value... results) {
    return lowering.settings().kernels()
        && Op.present(results).stream()
            .allMatch(image -> lowering.layout(image) == Layout.CHANNELS_LAST);
  }

  static boolean fits(OneDnnLowering lowering, BatchNorm op) {
    return fits(lowering, op.dst());
  }

  static boolean fits(OneDnnLowering lowering, BatchNormInference op) {
    return fits(lowering, op.dst());
  }

  static boolean fits(OneDnnLowering lowering, BatchNormBackward op) {
    return fits(lowering, op.diffSrc(), op.diffAdd());
  }

  static void lower(OneDnnLowering lowering, BatchNorm op) {
    if (op.processes() == 1) {
      forward(lowering, op, null, Residual.RESIDUAL_WHOLE());
      return;
    }
    Buffer totals = totals(lowering, op.dst());
    forward(lowering, op, totals, Residual.RESIDUAL_STATISTICS());
    lowering.program().sum(totals, DType.F64);
    forward(lowering, op, totals, Residual.RESIDUAL_APPLICATION());
  }

  private static void forward(
      OneDnnLowering lowering, BatchNorm op, @Nullable Buffer totals, int part) {
    MemorySegment norm = residual_batch_norm.allocate(lowering.primitives().session());
    residual_batch_norm.rows(norm, rows(op.src()));
    residual_batch_norm.count(norm, rows(op.src()) * op.processes());
    residual_batch_norm.channels(norm, op.src().shape().dim(1));
    residual_batch_norm.epsilon(norm, op.epsilon());
    residual_batch_norm.momentum(norm, op.momentum());
    residual_batch_norm.relu(norm, op.relu() ? 1 : 0);
    residual_batch_norm.threads(norm, lowering.settings().threads());
    residual_batch_norm.dtype(norm, KernelArguments.dtype(op.src()));
    residual_batch_norm.part(norm, part);
    KernelArguments kernel = new KernelArguments(lowering, norm);
    Buffer sums = lowering.normSums().read(op.src());
    if (sums != null) {
      kernel.point(residual_batch_norm.sums$offset(), sums);
    }
    if (totals != null) {
      kernel.point(residual_batch_norm.totals$offset(), totals);
    }
    kernel
        .point(residual_batch_norm.src$offset(), op.src())
        .point(residual_batch_norm.scale$offset(), op.scale())
        .point(residual_batch_norm.shift$offset(), op.shift())
        .point(residual_batch_norm.running_mean$offset(), op.runningMean())
        .point(residual_batch_norm.running_variance$offset(), op.runningVariance())
        .point(residual_batch_norm.add$offset(), op.add())
        .point(residual_batch_norm.dst$offset(), op.dst())
        .point(residual_batch_norm.mean$offset(), op.mean())
        .point(residual_batch_norm.variance$offset(), op.variance())
        .point(residual_batch_norm.mask$offset(), op.mask())
        .scratch(residual_batch_norm.scratch$offset(), scratchBytes(lowering, op.src()))
        .run(Residual.RESIDUAL_BATCH_NORM());
  }

  /** Room for the statistics of each channel, two doubles, that processes share. */
  private static Buffer totals(OneDnnLowering lowering, Value images) {
    long bytes = 2L * images.shape().dim(1) * DType.F64.bytes();
    Buffer totals = new Buffer(images.name() + " (totals)", bytes);
    lowering.program().workspace(totals);
    return totals;
  }

  static void lower(OneDnnLowering lowering, BatchNormInference op) {
    MemorySegment norm = residual_batch_norm_inference.allocate(lowering.primitives().session());
    residual_batch_norm_inference.rows(norm, rows(op.src()));
    residual_batch_norm_inference.channels(norm, op.src().shape().dim(1));
    residual_batch_norm_inference.epsilon(norm, op.epsilon());
    residual_batch_norm_inference.relu(norm, op.relu() ? 1 : 0);
    residual_batch_norm_inference.threads(norm, lowering.settings().threads());
    residual_batch_norm_inference.dtype(norm, KernelArguments.dtype(op.src()));
    new KernelArguments(lowering, norm)
        .point(residual_batch_norm_inference.src$offset(), op.src())
        .point(residual_batch_norm_inference.scale$offset(), op.scale())
        .point(residual_batch_norm_inference.shift$offset(), op.shift())
        .point(residual_batch_norm_inference.mean$offset(), op.mean())
        .point(residual_batch_norm_inference.variance$offset(), op.variance())
        .point(residual_batch_norm_inference.add$offset(), op.add())
        .point(residual_batch_norm_inference.dst$offset(), op.dst())
        .scratch(residual_batch_norm_inference.scratch$offset(), scratchBytes(lowering, op.src()))
        .run(Residual.RESIDUAL_BATCH_NORM_INFERENCE());
  }

  static void lower(OneDnnLowering lowering, BatchNormBackward op) {
    if (op.processes() == 1) {
      backward(lowering, op, null, Residual.RESIDUAL_WHOLE());
      return;
    }
    Buffer totals = totals(lowering, op.diffSrc());
    backward(lowering, op, totals, Residual.RESIDUAL_STATISTICS());
    lowering.program().sum(totals, DType.F64);
    backward(lowering, op, totals, Residual.RESIDUAL_APPLICATION());
  }

  private static void backward(
      OneDnnLowering lowering, BatchNormBackward op, @Nullable Buffer totals, int part) {
    MemorySegment norm = residual_batch_norm_backward.allocate(lowering.primitives().session());
    residual_batch_norm_backward.rows(norm, rows(op.src()));
    residual_batch_norm_backward.count(norm, rows(op.src()) * op.processes());
    residual_batch_norm_backward.channels(norm, op.src().shape().dim(1));
    residual_batch_norm_backward.epsilon(norm, op.epsilon());
    residual_batch_norm_backward.frozen(norm, op.frozen() ? 1 : 0);
    residual_batch_norm_backward.threads(norm, lowering.settings().threads());
    residual_batch_norm_backward.dtype(norm, KernelArguments.dtype(op.src()));
    residual_batch_norm_backward.part(norm, part);
    KernelArguments kernel = new KernelArguments(lowering, norm);
    if (totals != null) {
      kernel.point(residual_batch_norm_backward.totals$offset(), totals);
    }
    kernel
        .point(residual_batch_norm_backward.src$offset(), op.src())
        .point(residual_batch_norm_backward.diff_dst$offset(), op.diffDst())
        .point(residual_batch_norm_backward.diff_dst_add$offset(), op.diffDstAdd())
        .point(residual_batch_norm_backward.scale$offset(), op.scale())
        .point(residual_batch_norm_backward.mean$offset(), op.mean())
        .point(residual_batch_norm_backward.variance$offset(), op.variance())
        .point(residual_batch_norm_backward.mask$offset(), op.mask())
        .point(residual_batch_norm_backward.diff_src$offset(), op.diffSrc())
        .point(residual_batch_norm_backward.diff_scale$offset(), op.diffScale())
        .point(residual_batch_norm_backward.diff_shift$offset(), op.diffShift())
        .point(residual_batch_norm_backward.diff_add$offset(), op.diffAdd())
        .scratch(residual_batch_norm_backward.scratch$offset(), scratchBytes(lowering, op.src()))
        .run(Residual.RESIDUAL_BATCH_NORM_BACKWARD());
  }

  /** The sums are complete, and threads stay in their rows, before anything is overwritten. */
  static List<InPlace> inPlace(BatchNorm op) {
    return overwriting(op.dst(), op.add(), op.src());
  }

  static List<InPlace> inPlace(BatchNormInference op) {
    return overwriting(op.dst(), op.add(), op.src());
  }

  static List<InPlace> inPlace(BatchNormBackward op) {
    List<InPlace> inPlace = new ArrayList<>();
    Value diffAdd = op.diffAdd();
    // The first pass writes it, and src must still be there for the second.
    if (diffAdd != null && !op.src().equals(op.diffDst()) && !op.src().equals(op.diffDstAdd())) {
      inPlace.addAll(overwriting(diffAdd, op.diffDst(), op.diffDstAdd()));
    }
    // Best over src, which the second pass reads.
    inPlace.addAll(overwriting(op.diffSrc(), op.src(), op.diffDst(), op.diffDstAdd()));
    return inPlace;
  }

  private static List<InPlace> overwriting(Value output, @Nullable Value... inputs) {
    return Op.present(inputs).stream().map(input -> new InPlace(output, input)).toList();
  }

  private static long rows(Value src) {
    return src.shape().elements() / src.shape().dim(1);
  }

  private static long scratchBytes(OneDnnLowering lowering, Value src) {
    return Residual.residual_batch_norm_scratch(src.shape().dim(1), lowering.settings().threads());
  }
}
