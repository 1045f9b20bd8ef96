package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.NormBackward;
import dev.residual.backend.cudnn.operation.NormForward;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Batch norms as operation graphs: forward with add, ReLU and mask, backward with the mask and a
 * second gradient.
 *
 * <p>cuDNN keeps the inverse deviation where our graphs keep the variance. So each norm has it as a
 * value of its own, from which the variance follows where something reads that.
 */
final class NormLaunches {
  private NormLaunches() {}

  static List<Launch> of(Launches launches, BatchNorm op) {
    if (launches.forms().statistics(op) != null) {
      boolean isDeferred = launches.forms().deferred(op) != null;
      BatchNorm joined = launches.forms().joined(op);
      List<Launch> form = new ArrayList<>();
      form.add(StatisticsLaunches.finalize(op, isDeferred));
      if (!isDeferred && !op.equals(joined)) {
        // What the gradient computes again needs no mask.
        boolean isMasked = launches.forms().gradient(op) == null;
        form.add(StatisticsLaunches.apply(isMasked ? op : op.withMask(null), joined));
      }
      addVariance(launches, op, form);
      return form;
    }
    if (op.processes() > 1) {
      return KernelNorms.of(op);
    }
    return launches.first(() -> forward(launches, op), () -> KernelNorms.of(op));
  }

  static List<Launch> of(Launches launches, BatchNormBackward op) {
    NormRegion region = launches.forms().gradient(op);
    if (region != null) {
      Launch end = MainloopLaunches.end(op, region);
      boolean isFirst = region.isPostponed() && op.equals(region.backward());
      return isFirst ? List.of(MainloopLaunches.begin(region), end) : List.of(end);
    }
    Value joint = launches.accumulated(op);
    if (op.frozen() || op.processes() > 1) {
      return KernelNorms.of(op, joint);
    }
    return launches.first(() -> backward(launches, op), () -> KernelNorms.of(op, joint));
  }

  private static List<Launch> forward(Launches launches, BatchNorm op) {
    GraphDraft draft = new GraphDraft();
    GraphTensor x = draft.image("x", op.src());
    GraphTensor y = draft.image("y", op.dst());
    boolean isLast = op.add() == null && !op.relu();
    GraphTensor normalized = isLast ? y : draft.virtual("normalized", y);
    draft.add(
        new NormForward(
            NormForward.Phase.TRAINING,
            x,
            draft.channels("scale", op.scale()),
            draft.channels("bias", op.shift()),
            GraphTensor.constant("epsilon", ElementType.FLOAT, op.epsilon()),
            GraphTensor.constant("momentum", ElementType.FLOAT, op.momentum()),
            draft.channels("inRunningMean", op.runningMean()),
            draft.channels("inRunningVar", op.runningVariance()),
            draft.channels("outRunningMean", op.runningMean()),
            draft.channels("outRunningVar", op.runningVariance()),
            draft.channels("mean", op.mean()),
            draft.channels("invVariance", inverse(op.variance())),
            normalized));
    Value add = op.add();
    if (add != null) {
      GraphTensor sum = op.relu() ? draft.virtual("added", y) : y;
      draft.add(Pointwise.of(Mode.ADD, normalized, draft.image("z", add), sum));
      normalized = sum;
    }
    draft.rectify(normalized, y, op.relu(), op.mask());
    List<Launch> form = new ArrayList<>();
    form.add(draft.launch());
    addVariance(launches, op, form);
    return form;
  }

  private static void addVariance(Launches launches, BatchNorm op, List<Launch> form) {
    if (isRead(launches, op)) {
      form.add(
          new KernelLaunch("variance_of_inverse")
              .in("inverse", inverse(op.variance()))
              .out("variance", op.variance())
              .with("count", op.variance().shape().elements())
              .with("epsilon", op.epsilon())
              .elements(op.variance().shape().elements()));
    }
  }

  /** Whether the variance itself is needed. */
  private static boolean isRead(Launches launches, BatchNorm op) {
    if (launches.index().graph().outputs().contains(op.variance())) {
      return true;
    }
    for (Op reader : launches.index().readers(op.variance())) {
      boolean takesInverse =
          reader instanceof BatchNormBackward backward
              && !backward.frozen()
              && backward.processes() == 1
              && (launches.forms().gradient(backward) != null
                  || launches.isPlanned(List.of(gradient(launches, backward))));
      if (!takesInverse) {
        return true;
      }
    }
    return false;
  }

  private static List<Launch> backward(Launches launches, BatchNormBackward op) {
    List<Launch> form = new ArrayList<>();
    boolean isComputed =
        launches.index().producer(op.variance()) instanceof BatchNorm norm
            && norm.processes() == 1
            && (launches.forms().statistics(norm) != null
                || launches.isPlanned(forward(launches, norm)));
    if (!isComputed) {
      form.add(
          new KernelLaunch("inverse_deviation")
              .in("variance", op.variance())
              .out("inverse", inverse(op.variance()))
              .with("count", op.variance().shape().elements())
              .with("epsilon", op.epsilon())
              .elements(op.variance().shape().elements()));
    }
    form.add(gradient(launches, op));
    return form;
  }

  private static Launch gradient(Launches launches, BatchNormBackward op) {
    GraphDraft draft = new GraphDraft();
    GraphTensor x = draft.image("x", op.src());
    GraphTensor dx = draft.image("dx", op.diffSrc());
    Value joint = launches.accumulated(op);
    GraphTensor dy = draft.image("dy", joint == null ? op.diffDst() : joint);
    Value mask = op.mask();
    Value diffDstAdd = joint == null ? op.diffDstAdd() : null;
    Value diffAdd = op.diffAdd();
    if (diffDstAdd != null) {
      GraphTensor sum = mask == null ? draft.result("dz", dx, diffAdd) : draft.virtual("sum", dx);
      draft.add(Pointwise.of(Mode.ADD, dy, draft.image("dy2", diffDstAdd), sum));
      dy = sum;
    }
    if (mask != null) {
      GraphTensor dz = draft.result("dz", dx, diffAdd);
      draft.add(Pointwise.of(Mode.MUL, dy, draft.bits("mask", dx, mask), dz));
      dy = dz;
    } else if (diffAdd != null && diffDstAdd == null) {
      GraphTensor dz = draft.result("dz", dx, diffAdd);
      draft.add(Pointwise.of(Mode.IDENTITY, dy, dz));
      dy = dz;
    }
    draft.add(
        new NormBackward(
            x,
            draft.channels("mean", op.mean()),
            draft.channels("invVariance", inverse(op.variance())),
            dy,
            draft.channels("scale", op.scale()),
            draft.channels("dscale", op.diffScale()),
            draft.channels("dbias", op.diffShift()),
            dx,
            null));
    return draft.launch();
  }

  /** The inverse deviation beside a variance. */
  static Value inverse(Value variance) {
    return Value.activation(variance.name() + ".inverse", variance.shape(), variance.dtype());
  }
}
