package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.BnFinalize;
import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * Batch norms whose statistics a convolution has summed: what follows from the sums, and the
 * scaling of the images.
 */
final class StatisticsLaunches {
  private StatisticsLaunches() {}

  /** The sum of each channel. */
  static Value sum(BatchNorm op) {
    return vector(op, ".sum", DType.F32);
  }

  /** The sum of the squares of each channel. */
  static Value squares(BatchNorm op) {
    return vector(op, ".squares", DType.F32);
  }

  /** What images are multiplied by, and then shifted by; half where a convolution reads them. */
  private static Value scale(BatchNorm op, boolean isHalf) {
    return vector(op, ".eqscale", isHalf ? DType.F16 : DType.F32);
  }

  private static Value shift(BatchNorm op, boolean isHalf) {
    return vector(op, ".eqshift", isHalf ? DType.F16 : DType.F32);
  }

  private static Value vector(BatchNorm op, String suffix, DType type) {
    return Value.activation(op.dst().name() + suffix, op.scale().shape(), type);
  }

  /**
   * Mean, inverse deviation, running statistics, and the factors of the images.
   *
   * @param isHalf whether a convolution reads the factors
   */
  static GraphLaunch finalize(BatchNorm op, boolean isHalf) {
    GraphDraft draft = new GraphDraft();
    long count = op.src().shape().elements() / op.src().shape().dim(1);
    draft.add(
        new BnFinalize(
            draft.channels("sum", sum(op)),
            draft.channels("sqSum", squares(op)),
            draft.channels("scale", op.scale()),
            draft.channels("bias", op.shift()),
            draft.channels("prevRunningMean", op.runningMean()),
            draft.channels("prevRunningVar", op.runningVariance()),
            draft.channels("updatedRunningMean", op.runningMean()),
            draft.channels("updatedRunningVar", op.runningVariance()),
            draft.channels("mean", op.mean()),
            draft.channels("invStd", NormLaunches.inverse(op.variance())),
            draft.channels("eqScale", scale(op, isHalf)),
            draft.channels("eqBias", shift(op, isHalf)),
            GraphTensor.constant("count", ElementType.INT64, (double) count),
            GraphTensor.constant("epsilon", ElementType.FLOAT, op.epsilon()),
            GraphTensor.constant("momentum", ElementType.FLOAT, op.momentum())));
    return draft.launch();
  }

  /**
   * The scaled images, with add, ReLU and mask.
   *
   * @param shortcut the batch norm that computes what is added, here; null if it is stored
   */
  static GraphLaunch apply(BatchNorm op, @Nullable BatchNorm shortcut) {
    GraphDraft draft = new GraphDraft();
    GraphTensor y = draft.image("y", op.dst());
    Value add = op.add();
    GraphTensor shifted =
        scaled(draft, op, "", false, add == null && !op.relu() ? y : draft.virtual("shifted", y));
    if (add != null) {
      GraphTensor total = op.relu() ? draft.virtual("total", y) : y;
      GraphTensor other =
          shortcut == null
              ? draft.image("z", add)
              : scaled(draft, shortcut, "2", false, draft.virtual("shifted2", y));
      draft.add(Pointwise.of(Mode.ADD, shifted, other, total));
      shifted = total;
    }
    draft.rectify(shifted, y, op.relu(), op.mask());
    return draft.launch();
  }

  /** Images scaled as a batch norm does. */
  static GraphTensor scaled(
      GraphDraft draft, BatchNorm op, String suffix, boolean isHalf, GraphTensor result) {
    GraphTensor x = draft.image("x" + suffix, op.src());
    GraphTensor scaled = draft.virtual("scaled" + suffix, x);
    Value scale = scale(op, isHalf);
    Value shift = shift(op, isHalf);
    draft.add(Pointwise.of(Mode.MUL, x, draft.channels("eqScale" + suffix, scale), scaled));
    draft.add(Pointwise.of(Mode.ADD, scaled, draft.channels("eqBias" + suffix, shift), result));
    return result;
  }
}
