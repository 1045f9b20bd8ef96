package dev.residual.backend.cudnn.operation;

import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import java.util.ArrayList;
import java.util.List;

/**
 * Work of batch norms in the main loops of convolutions, as operation graphs: images are normalized
 * as they are read, and gradients pass ReLU and norm as they are computed.
 *
 * <p>Engines for them exist for the type HALF, without groups, and on compute capability 8.0 and
 * 9.0. Names are those of {@link ConvolutionGraphs} and {@link NormGraphs}.
 */
public final class MainloopGraphs {
  private MainloopGraphs() {}

  /**
   * {@code y}, {@code sum} and {@code sqSum} of {@code x}, normalized by {@code eqScale} and {@code
   * eqBias} and a ReLU, and {@code w}.
   */
  public static OperationGraph statistics(GraphTensor x, GraphTensor w, Convolution convolution) {
    List<Node> nodes = new ArrayList<>();
    GraphTensor activated = activated(nodes, x);
    GraphTensor y = Tensors.result("y", x, w, convolution);
    nodes.add(new ConvolutionForward(activated, w.named("w"), y, convolution));
    nodes.add(new GenStats(y, Tensors.floats("sum", y), Tensors.floats("sqSum", y)));
    return new OperationGraph(nodes);
  }

  /** {@code dw}, of the filters' type, of {@code x}, normalized likewise, and {@code dy}. */
  public static OperationGraph backwardFilter(
      GraphTensor x, GraphTensor w, Convolution convolution) {
    List<Node> nodes = new ArrayList<>();
    GraphTensor activated = activated(nodes, x);
    nodes.add(
        new ConvolutionBackwardFilter(
            activated, Tensors.result("dy", x, w, convolution), w.named("dw"), convolution));
    return new OperationGraph(nodes);
  }

  private static GraphTensor activated(List<Node> nodes, GraphTensor x) {
    GraphTensor shifted = Tensors.inner("shifted", x);
    GraphTensor activated = Tensors.inner("activated", x);
    NormGraphs.scale(nodes, x, "", x.type(), shifted);
    nodes.add(Pointwise.of(Mode.RELU_FWD, shifted, activated));
    return activated;
  }

  /**
   * The gradient in front of norm and ReLU, {@code dz}, and the sums that the norm's gradients
   * take.
   *
   * <p>Of {@code dy} and {@code w}; of {@code x}, what was normalized, {@code mean}, {@code
   * invStd}, {@code scale} and {@code bias}, it follows what passed the ReLU. Results are {@code
   * dz}, {@code dscale}, {@code dbias}, and {@code eqDy}, {@code eqX} and {@code eqShift} for
   * {@link #apply}.
   *
   * @param x the images that were normalized
   * @param skip whether another gradient {@code skip} is added before the ReLU
   * @param add what was added before the ReLU: images {@code z}, or {@code x2} normalized by {@code
   *     mean2} and so on, whose gradients are results, too. With a stride, some devices take
   *     neither this nor skip.
   */
  public static OperationGraph backwardData(
      GraphTensor x, GraphTensor w, Convolution convolution, boolean skip, Addend add) {
    List<Node> nodes = new ArrayList<>();
    GraphTensor gradient = Tensors.inner("partial", x);
    nodes.add(
        new ConvolutionBackwardData(
            Tensors.result("dy", x, w, convolution), w.named("w"), gradient, convolution));
    if (skip) {
      GraphTensor sum = Tensors.inner("gradient", x);
      nodes.add(Pointwise.of(Mode.ADD, gradient, x.named("skip"), sum));
      gradient = sum;
    }
    GraphTensor before = normalized(nodes, x, "");
    if (add != Addend.NONE) {
      GraphTensor other = add == Addend.IMAGES ? x.named("z") : normalized(nodes, x, "2");
      GraphTensor total = Tensors.inner("total", x);
      nodes.add(Pointwise.of(Mode.ADD, before, other, total));
      before = total;
    }
    nodes.add(Pointwise.of(Mode.RELU_BWD, gradient, before, x.named("dz")));
    nodes.add(weights(x, ""));
    if (add == Addend.NORM) {
      nodes.add(weights(x, "2"));
    }
    return new OperationGraph(nodes);
  }

  /** What a norm left, computed again. */
  private static GraphTensor normalized(List<Node> nodes, GraphTensor x, String suffix) {
    GraphTensor centred = Tensors.inner("centred" + suffix, x);
    GraphTensor normalized = Tensors.inner("normalized" + suffix, x);
    GraphTensor scaled = Tensors.inner("scaled" + suffix, x);
    GraphTensor shifted = Tensors.inner("shifted" + suffix, x);
    GraphTensor mean = Tensors.floats("mean" + suffix, x);
    GraphTensor invStd = Tensors.floats("invStd" + suffix, x);
    nodes.add(new Pointwise(Mode.ADD, x.named("x" + suffix), mean, centred, 1, -1));
    nodes.add(Pointwise.of(Mode.MUL, centred, invStd, normalized));
    nodes.add(Pointwise.of(Mode.MUL, normalized, Tensors.floats("scale" + suffix, x), scaled));
    nodes.add(Pointwise.of(Mode.ADD, scaled, Tensors.floats("bias" + suffix, x), shifted));
    return shifted;
  }

  private static BnBackwardWeights weights(GraphTensor x, String suffix) {
    return new BnBackwardWeights(
        Tensors.floats("mean" + suffix, x),
        Tensors.floats("invStd" + suffix, x),
        Tensors.floats("scale" + suffix, x),
        x.named("x" + suffix),
        x.named("dz"),
        Tensors.floats("dscale" + suffix, x),
        Tensors.floats("dbias" + suffix, x),
        Tensors.floats("eqDy" + suffix, x),
        Tensors.floats("eqX" + suffix, x),
        Tensors.floats("eqShift" + suffix, x));
  }

  /**
   * {@code dx = eqDy dz + eqX x + eqShift}, the gradient of what was normalized.
   *
   * @param isDual whether {@code dx2} follows in the same way of {@code dz} and {@code x2}
   */
  public static OperationGraph apply(GraphTensor x, boolean isDual) {
    List<Node> nodes = new ArrayList<>();
    apply(nodes, x, "");
    if (isDual) {
      apply(nodes, x, "2");
    }
    return new OperationGraph(nodes);
  }

  private static void apply(List<Node> nodes, GraphTensor x, String suffix) {
    GraphTensor first = Tensors.inner("first" + suffix, x);
    GraphTensor second = Tensors.inner("second" + suffix, x);
    GraphTensor sum = Tensors.inner("sum" + suffix, x);
    GraphTensor ofX = Tensors.floats("eqX" + suffix, x);
    nodes.add(Pointwise.of(Mode.MUL, x.named("dz"), Tensors.floats("eqDy" + suffix, x), first));
    nodes.add(Pointwise.of(Mode.MUL, x.named("x" + suffix), ofX, second));
    nodes.add(Pointwise.of(Mode.ADD, first, second, sum));
    nodes.add(
        Pointwise.of(Mode.ADD, sum, Tensors.floats("eqShift" + suffix, x), x.named("dx" + suffix)));
  }
}
