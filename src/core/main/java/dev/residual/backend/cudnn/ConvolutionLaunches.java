package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.Convolution;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardData;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardFilter;
import dev.residual.backend.cudnn.operation.ConvolutionForward;
import dev.residual.backend.cudnn.operation.GenStats;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions and their gradients as operation graphs. Linear layers are those of single pixels.
 */
final class ConvolutionLaunches {
  private static final Convolution PIXELS = Convolution.of(1, 0);

  private ConvolutionLaunches() {}

  /**
   * The convolution, with the work of batch norms around it.
   *
   * @param before normalizes its images as they are read; null for none
   * @param behind takes the sums of its result; null for none
   */
  static GraphLaunch forward(Conv2d op, @Nullable BatchNorm before, @Nullable BatchNorm behind) {
    if (before == null && behind == null) {
      return forward(op);
    }
    GraphDraft draft = new GraphDraft();
    GraphTensor x =
        before == null ? draft.image("x", op.src()) : MainloopLaunches.normalized(draft, before);
    GraphTensor y = draft.image("y", op.dst());
    draft.add(new ConvolutionForward(x, draft.filter("w", op.weights()), y, of(op.window())));
    if (behind != null) {
      draft.add(
          new GenStats(
              y,
              draft.channels("sum", StatisticsLaunches.sum(behind)),
              draft.channels("sqSum", StatisticsLaunches.squares(behind))));
    }
    return draft.launch();
  }

  /** The convolution with all that is fused behind it. */
  static GraphLaunch forward(Conv2d op) {
    return forward(
        op.src(), op.weights(), op.bias(), op.add(), op.dst(), of(op.window()), op.relu());
  }

  static GraphLaunch forward(Linear op) {
    return forward(op.src(), op.weights(), op.bias(), null, op.dst(), PIXELS, false);
  }

  private static GraphLaunch forward(
      Value src,
      Value weights,
      @Nullable Value bias,
      @Nullable Value add,
      Value dst,
      Convolution convolution,
      boolean relu) {
    GraphDraft draft = new GraphDraft();
    GraphTensor x = draft.image("x", src);
    GraphTensor w = draft.filter("w", weights);
    GraphTensor y = draft.image("y", dst);
    boolean isLast = bias == null && add == null && !relu;
    GraphTensor sum = isLast ? y : draft.virtual("sums", y);
    draft.add(new ConvolutionForward(x, w, sum, convolution));
    // In this order there are more plans.
    if (add != null) {
      GraphTensor result = bias != null || relu ? draft.virtual("added", y) : y;
      draft.add(Pointwise.of(Mode.ADD, sum, draft.image("z", add), result));
      sum = result;
    }
    if (bias != null) {
      GraphTensor result = relu ? draft.virtual("biased", y) : y;
      draft.add(Pointwise.of(Mode.ADD, sum, draft.channels("bias", bias), result));
      sum = result;
    }
    if (relu) {
      draft.add(Pointwise.of(Mode.RELU_FWD, sum, y));
    }
    return draft.launch();
  }

  /**
   * The gradient of the images.
   *
   * @param other the gradient that it is added to, in its place; null for none
   */
  static GraphLaunch backwardData(Conv2dBackwardData op, @Nullable Value other) {
    Value diffSrc = other == null ? op.diffSrc() : other;
    return backwardData(op.diffDst(), op.weights(), diffSrc, of(op.window()), other != null);
  }

  static GraphLaunch backwardData(LinearBackwardData op) {
    return backwardData(op.diffDst(), op.weights(), op.diffSrc(), PIXELS, false);
  }

  private static GraphLaunch backwardData(
      Value diffDst, Value weights, Value diffSrc, Convolution convolution, boolean isAdded) {
    GraphDraft draft = new GraphDraft();
    draft.add(
        new ConvolutionBackwardData(
            draft.image("dy", diffDst),
            draft.filter("w", weights),
            draft.image("dx", diffSrc),
            convolution,
            isAdded));
    return draft.launch();
  }

  /**
   * The gradient of the weights alone. Where the images are half, it is rounded as if by an
   * operation behind it: few plans write sums of FLOAT themselves.
   */
  static GraphLaunch backwardFilter(Conv2dBackwardWeights op) {
    Value diffWeights = op.diffWeights();
    GraphDraft draft = new GraphDraft();
    GraphTensor dw = draft.filter("dw", diffWeights);
    boolean isHalf = op.src().dtype().isHalf();
    GraphTensor sums = isHalf ? draft.virtual("sums", dw) : dw;
    draft.add(
        new ConvolutionBackwardFilter(
            draft.image("x", op.src()), draft.image("dy", op.diffDst()), sums, of(op.window())));
    if (isHalf) {
      draft.add(Pointwise.of(Mode.IDENTITY, sums, dw));
    }
    return draft.launch();
  }

  /** The gradient of the matrix alone. */
  static GraphLaunch backwardFilter(LinearBackwardWeights op) {
    GraphDraft draft = new GraphDraft();
    draft.add(
        new ConvolutionBackwardFilter(
            draft.image("x", op.src()),
            draft.image("dy", op.diffDst()),
            draft.filter("dw", op.diffWeights()),
            PIXELS));
    return draft.launch();
  }

  /** The gradient of the weights, rounded to the type of the images before it is written. */
  static List<Launch> roundedFilter(Conv2dBackwardWeights op) {
    return roundedFilter(op.src(), op.diffDst(), op.diffWeights(), of(op.window()));
  }

  /** The gradient of the matrix, rounded to the type of the images before it is written. */
  static List<Launch> roundedFilter(LinearBackwardWeights op) {
    return roundedFilter(op.src(), op.diffDst(), op.diffWeights(), PIXELS);
  }

  private static List<Launch> roundedFilter(
      Value src, Value diffDst, Value diffWeights, Convolution convolution) {
    GraphDraft draft = new GraphDraft();
    Value rounded = rounded(diffWeights, src);
    draft.add(
        new ConvolutionBackwardFilter(
            draft.image("x", src),
            draft.image("dy", diffDst),
            draft.filter("dw", rounded),
            convolution));
    return List.of(draft.launch(), ElementLaunches.conversion("cast", rounded, diffWeights));
  }

  /** A gradient of weights in the type of images. */
  static Value rounded(Value diffWeights, Value images) {
    return Value.activation(diffWeights.name() + ".rounded", diffWeights.shape(), images.dtype());
  }

  static Convolution of(Window window) {
    return new Convolution(
        window.strideH(),
        window.strideW(),
        window.padTop(),
        window.padBottom(),
        window.padLeft(),
        window.padRight(),
        window.dilationH(),
        window.dilationW());
  }
}
