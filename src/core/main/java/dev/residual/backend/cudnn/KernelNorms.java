package dev.residual.backend.cudnn;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batch norms by our own kernels: any number of channels, and what cuDNN does not fuse. */
final class KernelNorms {
  private KernelNorms() {}

  static List<Launch> of(BatchNorm op) {
    Value partial = partial(op.dst(), op.src());
    KernelLaunch apply =
        apply(op.src(), op.add(), op.dst(), op.relu(), op.epsilon())
            .in("mean", op.mean())
            .in("variance", op.variance())
            .in("scale", op.scale())
            .in("shift", op.shift());
    Value mask = op.mask();
    if (mask != null) {
      apply.out("mask", mask);
    }
    List<Launch> launches = new ArrayList<>();
    launches.add(sized("norm_statistics", op.src()).in("src", op.src()).out("partial", partial));
    Value all = gathered(launches, partial, op.processes());
    launches.add(
        new KernelLaunch("norm_statistics_total")
            .in("partial", all)
            .out("mean", op.mean())
            .out("variance", op.variance())
            .inOut("running_mean", op.runningMean())
            .inOut("running_variance", op.runningVariance())
            .with("rows", rows(op.src()) * op.processes())
            .with("epsilon", op.epsilon())
            .with("momentum", op.momentum())
            .with("channels", channels(op.src()))
            .with("splits", all.shape().dim(0))
            .rows(Math.ceilDiv(channels(op.src()), 8)));
    launches.add(apply);
    return launches;
  }

  /** The partial sums of all processes, the first's first; those of one process as they are. */
  private static Value gathered(List<Launch> launches, Value partial, int processes) {
    if (processes == 1) {
      return partial;
    }
    Shape shape = partial.shape();
    Value all =
        Value.activation(
            partial.name() + ".all",
            Shape.of(processes * shape.dim(0), shape.dim(1), shape.dim(2)),
            DType.F32);
    launches.add(new GatherLaunch(partial, all));
    return all;
  }

  static List<Launch> of(BatchNormInference op) {
    return List.of(
        apply(op.src(), op.add(), op.dst(), op.relu(), op.epsilon())
            .in("mean", op.mean())
            .in("variance", op.variance())
            .in("scale", op.scale())
            .in("shift", op.shift()));
  }

  /** Adds a number to each channel of rows, in place. */
  static Launch shift(Value rows, Value shift) {
    return sized("norm_apply", rows)
        .in("src", rows)
        .out("dst", rows)
        .in("shift", shift)
        .with("relu", 0);
  }

  private static KernelLaunch apply(
      Value src, @Nullable Value add, Value dst, boolean relu, double epsilon) {
    KernelLaunch launch =
        sized("norm_apply", src)
            .in("src", src)
            .out("dst", dst)
            .with("epsilon", epsilon)
            .with("relu", relu ? 1 : 0);
    return add == null ? launch : launch.in("add", add);
  }

  /**
   * The gradients.
   *
   * @param joint the sum of the gradients that reach the norm, where it is computed before; null
   *     where it is not
   */
  static List<Launch> of(BatchNormBackward op, @Nullable Value joint) {
    Value partial = partial(op.diffSrc(), op.src());
    KernelLaunch sums =
        gradient(sized("gradient_sums", op.src()), op, joint)
            .in("src", op.src())
            .in("mean", op.mean())
            .out("partial", partial);
    Value diffAdd = op.diffAdd();
    if (diffAdd != null) {
      sums.out("diff_add", diffAdd);
    }
    KernelLaunch backward = sized("norm_backward", op.src());
    if (diffAdd != null) {
      backward.in("diff_dst", diffAdd);
    } else {
      gradient(backward, op, joint);
    }
    backward
        .in("src", op.src())
        .out("diff_src", op.diffSrc())
        .in("mean", op.mean())
        .in("variance", op.variance())
        .in("scale", op.scale())
        .in("diff_scale", op.diffScale())
        .in("diff_shift", op.diffShift())
        .with("count", rows(op.src()) * op.processes())
        .with("epsilon", op.epsilon())
        .with("frozen", op.frozen() ? 1 : 0);
    List<Launch> launches = new ArrayList<>();
    launches.add(sums);
    launches.add(
        total(gathered(launches, partial, op.processes()), op.src(), op.diffShift())
            .in("variance", op.variance())
            .out("diff_scale", op.diffScale())
            .with("epsilon", op.epsilon()));
    launches.add(backward);
    return launches;
  }

  private static KernelLaunch gradient(
      KernelLaunch launch, BatchNormBackward op, @Nullable Value joint) {
    launch.in("diff_dst", joint == null ? op.diffDst() : joint);
    Value add = joint == null ? op.diffDstAdd() : null;
    if (add != null) {
      launch.in("diff_dst_add", add);
    }
    Value mask = op.mask();
    return mask == null ? launch : launch.in("mask", mask);
  }

  /** The sums of each channel of a gradient: that of a bias. */
  static List<Launch> sums(Value diffDst, Value diffBias) {
    Value partial = partial(diffBias, diffDst);
    List<Launch> launches = new ArrayList<>();
    launches.add(sized("gradient_sums", diffDst).in("diff_dst", diffDst).out("partial", partial));
    launches.add(total(partial, diffDst, diffBias));
    return launches;
  }

  private static KernelLaunch total(Value partial, Value images, Value diffShift) {
    return new KernelLaunch("gradient_sums_total")
        .in("partial", partial)
        .out("diff_shift", diffShift)
        .with("channels", channels(images))
        .with("splits", partial.shape().dim(0))
        .rows(Math.ceilDiv(channels(images), 8));
  }

  private static KernelLaunch sized(String kernel, Value images) {
    return new KernelLaunch(kernel)
        .with("rows", rows(images))
        .with("channels", channels(images))
        .type(images)
        .columns(channels(images), splits(images));
  }

  private static Value partial(Value result, Value images) {
    return Value.activation(
        result.name() + ".partial", Shape.of(splits(images), 2, channels(images)), DType.F32);
  }

  private static int splits(Value images) {
    return KernelTypes.splits(rows(images), channels(images));
  }

  private static long rows(Value images) {
    return images.shape().dim(0) * KernelTypes.positions(images);
  }

  private static int channels(Value images) {
    return images.shape().dim(1);
  }
}
