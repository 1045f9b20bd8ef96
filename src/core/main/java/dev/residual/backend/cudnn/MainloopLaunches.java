package dev.residual.backend.cudnn;

import static java.util.Objects.requireNonNull;

import dev.residual.backend.cudnn.operation.BnBackwardWeights;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardData;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardFilter;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.util.List;

/**
 * Work of batch norms in the main loops of convolutions: the input of one is normalized as it is
 * read, and the gradient of one passes the ReLU and is summed as it is computed.
 */
final class MainloopLaunches {
  private MainloopLaunches() {}

  /** Images as a batch norm leaves them, computed as they are read. */
  static GraphTensor normalized(GraphDraft draft, BatchNorm norm) {
    GraphTensor x = draft.image("x", norm.src());
    GraphTensor shifted =
        StatisticsLaunches.scaled(draft, norm, "", true, draft.virtual("shifted", x));
    GraphTensor activated = draft.virtual("activated", x);
    draft.add(Pointwise.of(Mode.RELU_FWD, shifted, activated));
    return activated;
  }

  /** The gradient of weights whose images are normalized as they are read; cuDNN rounds it. */
  static List<Launch> weights(Conv2dBackwardWeights op, BatchNorm norm) {
    GraphDraft draft = new GraphDraft();
    Value rounded = ConvolutionLaunches.rounded(op.diffWeights(), op.src());
    draft.add(
        new ConvolutionBackwardFilter(
            normalized(draft, norm),
            draft.image("dy", op.diffDst()),
            draft.filter("dw", rounded),
            ConvolutionLaunches.of(op.window())));
    return List.of(draft.launch(), ElementLaunches.conversion("cast", rounded, op.diffWeights()));
  }

  /**
   * The data gradient that reaches a batch norm, through the ReLU, with the sums of the norm's
   * gradients and what the gradient of its images follows from.
   */
  static GraphLaunch begin(NormRegion region) {
    Conv2dBackwardData data = requireNonNull(region.data());
    BatchNormBackward backward = requireNonNull(region.backward());
    BatchNorm norm = region.norm();
    GraphDraft draft = new GraphDraft();
    GraphTensor x = draft.image("x", norm.src());
    GraphTensor gradient = draft.virtual("partial", x);
    draft.add(
        new ConvolutionBackwardData(
            draft.image("dy", data.diffDst()),
            draft.filter("w", data.weights()),
            gradient,
            ConvolutionLaunches.of(data.window())));
    Value skip = region.skip();
    if (skip != null) {
      GraphTensor sum = draft.virtual("gradient", x);
      draft.add(Pointwise.of(Mode.ADD, gradient, draft.image("skip", skip), sum));
      gradient = sum;
    }
    GraphTensor total = recomputed(draft, norm, "");
    NormRegion shortcut = region.shortcut();
    Value add = norm.add();
    if (add != null) {
      GraphTensor other =
          shortcut == null ? draft.image("shortcut", add) : recomputed(draft, shortcut.norm(), "2");
      GraphTensor sum = draft.virtual("total", x);
      draft.add(Pointwise.of(Mode.ADD, total, other, sum));
      total = sum;
    }
    GraphTensor dz = draft.image("dz", gradient(region));
    draft.add(Pointwise.of(Mode.RELU_BWD, gradient, total, dz));
    draft.add(sums(draft, norm, backward, dz, ""));
    if (shortcut != null) {
      draft.add(sums(draft, shortcut.norm(), requireNonNull(shortcut.backward()), dz, "2"));
    }
    return draft.launch();
  }

  /** What a batch norm gave, computed again. */
  private static GraphTensor recomputed(GraphDraft draft, BatchNorm norm, String suffix) {
    GraphTensor x = draft.image("x" + suffix, norm.src());
    GraphTensor centred = draft.virtual("centred" + suffix, x);
    GraphTensor normalized = draft.virtual("normalized" + suffix, x);
    GraphTensor scaled = draft.virtual("scaled" + suffix, x);
    GraphTensor shifted = draft.virtual("shifted" + suffix, x);
    draft.add(new Pointwise(Mode.ADD, x, mean(draft, norm, suffix), centred, 1, -1));
    draft.add(Pointwise.of(Mode.MUL, centred, inverse(draft, norm, suffix), normalized));
    draft.add(
        Pointwise.of(Mode.MUL, normalized, draft.channels("scale" + suffix, norm.scale()), scaled));
    draft.add(
        Pointwise.of(Mode.ADD, scaled, draft.channels("bias" + suffix, norm.shift()), shifted));
    return shifted;
  }

  private static BnBackwardWeights sums(
      GraphDraft draft, BatchNorm norm, BatchNormBackward op, GraphTensor dz, String suffix) {
    return new BnBackwardWeights(
        mean(draft, norm, suffix),
        inverse(draft, norm, suffix),
        draft.channels("scale" + suffix, norm.scale()),
        draft.image("x" + suffix, norm.src()),
        dz,
        draft.channels("dscale" + suffix, op.diffScale()),
        draft.channels("dbias" + suffix, op.diffShift()),
        draft.channels("eqDy" + suffix, vector(op, ".eqdy")),
        draft.channels("eqX" + suffix, vector(op, ".eqx")),
        draft.channels("eqBias" + suffix, vector(op, ".eqbias")));
  }

  private static GraphTensor mean(GraphDraft draft, BatchNorm norm, String suffix) {
    return draft.channels("mean" + suffix, norm.mean());
  }

  private static GraphTensor inverse(GraphDraft draft, BatchNorm norm, String suffix) {
    return draft.channels("invStd" + suffix, NormLaunches.inverse(norm.variance()));
  }

  /** The gradient of the images of a batch norm, from what {@link #begin} left. */
  static GraphLaunch end(BatchNormBackward op, NormRegion region) {
    GraphDraft draft = new GraphDraft();
    GraphTensor dz = draft.image("dz", gradient(region));
    GraphTensor x = draft.image("x", op.src());
    GraphTensor first = draft.virtual("first", x);
    GraphTensor second = draft.virtual("second", x);
    GraphTensor sum = draft.virtual("sum", x);
    draft.add(Pointwise.of(Mode.MUL, dz, draft.channels("eqDy", vector(op, ".eqdy")), first));
    draft.add(Pointwise.of(Mode.MUL, x, draft.channels("eqX", vector(op, ".eqx")), second));
    draft.add(Pointwise.of(Mode.ADD, first, second, sum));
    draft.add(
        Pointwise.of(
            Mode.ADD,
            sum,
            draft.channels("eqBias", vector(op, ".eqbias")),
            draft.image("dx", op.diffSrc())));
    return draft.launch();
  }

  /** The gradient behind the ReLU, which is that of an added tensor, too. */
  private static Value gradient(NormRegion region) {
    Value diffAdd = requireNonNull(region.backward()).diffAdd();
    return diffAdd != null ? diffAdd : requireNonNull(region.data()).diffSrc();
  }

  private static Value vector(BatchNormBackward op, String suffix) {
    return Value.activation(op.diffSrc().name() + suffix, op.scale().shape(), DType.F32);
  }
}
