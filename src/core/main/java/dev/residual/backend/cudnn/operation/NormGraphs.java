package dev.residual.backend.cudnn.operation;

import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import java.util.ArrayList;
import java.util.List;

/**
 * Batch norms in training as operation graphs.
 *
 * <p>Each is made for images in memory, which are {@code x} in the graph, whatever the given ones
 * are called. Numbers for each channel are of the type FLOAT. Of images of 16 bits the channels are
 * a multiple of 8, of others of 4.
 */
public final class NormGraphs {
  private NormGraphs() {}

  /**
   * {@code y}, {@code mean}, {@code invStd}, {@code newRunningMean} and {@code newRunningVar} of
   * {@code x}, {@code scale}, {@code bias}, {@code runningMean} and {@code runningVar}.
   *
   * @param add whether images {@code z} are added before the ReLU; no engine adds without one
   * @param relu whether negative numbers become 0
   * @param mask whether {@code mask} tells what the ReLU let pass
   */
  public static OperationGraph training(
      GraphTensor x, double epsilon, double momentum, boolean add, boolean relu, boolean mask) {
    GraphTensor y = x.named("y");
    boolean isLast = !add && !relu;
    GraphTensor last = isLast ? y : Tensors.inner("normalized", x);
    List<Node> nodes = new ArrayList<>();
    nodes.add(
        new NormForward(
            NormForward.Phase.TRAINING,
            x.named("x"),
            Tensors.floats("scale", x),
            Tensors.floats("bias", x),
            Tensors.constant("epsilon", epsilon),
            Tensors.constant("momentum", momentum),
            Tensors.floats("runningMean", x),
            Tensors.floats("runningVar", x),
            Tensors.floats("newRunningMean", x),
            Tensors.floats("newRunningVar", x),
            Tensors.floats("mean", x),
            Tensors.floats("invStd", x),
            last));
    if (add) {
      GraphTensor total = relu ? Tensors.inner("total", x) : y;
      nodes.add(Pointwise.of(Mode.ADD, last, x.named("z"), total));
      last = total;
    }
    rectify(nodes, last, y, relu, mask);
    return new OperationGraph(nodes);
  }

  private static void rectify(
      List<Node> nodes, GraphTensor last, GraphTensor y, boolean relu, boolean mask) {
    if (relu) {
      nodes.add(Pointwise.of(Mode.RELU_FWD, last, y));
    }
    if (mask) {
      nodes.add(Pointwise.of(Mode.CMP_GT, y, Tensors.constant("zero", 0), Tensors.mask(y)));
    }
  }

  /**
   * {@code dx}, {@code dscale} and {@code dbias} of {@code x}, {@code mean}, {@code invStd}, {@code
   * scale} and {@code dy}.
   */
  public static OperationGraph backward(GraphTensor x) {
    return OperationGraph.of(backward(x, x.named("dy")));
  }

  /**
   * The same behind a ReLU, whose {@code mask} the gradient passes.
   *
   * @param add whether a second gradient {@code dy2} is added first
   * @param isKept whether the gradient behind the mask is stored as {@code dz}
   */
  public static OperationGraph maskedBackward(GraphTensor x, boolean add, boolean isKept) {
    List<Node> nodes = new ArrayList<>();
    GraphTensor gradient = x.named("dy");
    if (add) {
      GraphTensor sum = Tensors.inner("gradient", x);
      nodes.add(Pointwise.of(Mode.ADD, gradient, x.named("dy2"), sum));
      gradient = sum;
    }
    // Of the type of the images in any case: engines refuse a FLOAT one.
    GraphTensor dz = isKept ? x.named("dz") : x.named("dz").asVirtual();
    nodes.add(Pointwise.of(Mode.MUL, gradient, Tensors.mask(x), dz));
    nodes.add(backward(x, dz));
    return new OperationGraph(nodes);
  }

  private static NormBackward backward(GraphTensor x, GraphTensor gradient) {
    return new NormBackward(
        x.named("x"),
        Tensors.floats("mean", x),
        Tensors.floats("invStd", x),
        gradient,
        Tensors.floats("scale", x),
        Tensors.floats("dscale", x),
        Tensors.floats("dbias", x),
        x.named("dx"),
        null);
  }

  /**
   * {@code mean}, {@code invStd}, {@code newRunningMean}, {@code newRunningVar}, {@code eqScale}
   * and {@code eqBias} of {@code sum}, {@code sqSum}, {@code scale}, {@code bias}, {@code
   * runningMean} and {@code runningVar}.
   *
   * @param x the images that were summed
   * @param result the type of {@code eqScale} and {@code eqBias}: FLOAT or HALF
   */
  public static OperationGraph finish(
      GraphTensor x, double epsilon, double momentum, ElementType result) {
    long channels = x.dims().get(1);
    return OperationGraph.of(
        new BnFinalize(
            Tensors.floats("sum", x),
            Tensors.floats("sqSum", x),
            Tensors.floats("scale", x),
            Tensors.floats("bias", x),
            Tensors.floats("runningMean", x),
            Tensors.floats("runningVar", x),
            Tensors.floats("newRunningMean", x),
            Tensors.floats("newRunningVar", x),
            Tensors.floats("mean", x),
            Tensors.floats("invStd", x),
            GraphTensor.channels("eqScale", channels, result),
            GraphTensor.channels("eqBias", channels, result),
            GraphTensor.constant("count", ElementType.INT64, x.elements() / channels),
            Tensors.constant("epsilon", epsilon),
            Tensors.constant("momentum", momentum)));
  }

  /**
   * {@code y} of {@code x}, {@code eqScale} and {@code eqBias}.
   *
   * @param add what is added: images {@code z}, or {@code x2} with {@code eqScale2} and {@code
   *     eqBias2}
   * @param relu whether negative numbers become 0
   * @param mask whether {@code mask} tells what the ReLU let pass
   * @param factors the type of {@code eqScale} and {@code eqBias}
   */
  public static OperationGraph apply(
      GraphTensor x, Addend add, boolean relu, boolean mask, ElementType factors) {
    GraphTensor y = x.named("y");
    List<Node> nodes = new ArrayList<>();
    boolean isLast = add == Addend.NONE && !relu;
    GraphTensor last = isLast ? y : Tensors.inner("shifted", x);
    scale(nodes, x, "", factors, last);
    GraphTensor total = relu ? Tensors.inner("total", x) : y;
    switch (add) {
      case NONE -> {}
      case IMAGES -> {
        nodes.add(Pointwise.of(Mode.ADD, last, x.named("z"), total));
        last = total;
      }
      case NORM -> {
        GraphTensor other = Tensors.inner("shifted2", x);
        scale(nodes, x, "2", factors, other);
        nodes.add(Pointwise.of(Mode.ADD, last, other, total));
        last = total;
      }
    }
    rectify(nodes, last, y, relu, mask);
    return new OperationGraph(nodes);
  }

  /** Images scaled and shifted, as nodes. */
  static void scale(
      List<Node> nodes, GraphTensor x, String suffix, ElementType factors, GraphTensor shifted) {
    long channels = x.dims().get(1);
    GraphTensor scaled = Tensors.inner("scaled" + suffix, x);
    nodes.add(
        Pointwise.of(
            Mode.MUL,
            x.named("x" + suffix),
            GraphTensor.channels("eqScale" + suffix, channels, factors),
            scaled));
    nodes.add(
        Pointwise.of(
            Mode.ADD, scaled, GraphTensor.channels("eqBias" + suffix, channels, factors), shifted));
  }
}
