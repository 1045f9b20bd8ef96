package dev.residual.backend.cudnn.operation;

import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions and their gradients as operation graphs; linear layers are those of single pixels.
 *
 * <p>Each is made for images and filters, whose names in the graph are {@code x}, {@code w}, {@code
 * y}, and those of gradients {@code dx}, {@code dw}, {@code dy}, whatever the given ones are
 * called.
 */
public final class ConvolutionGraphs {
  private ConvolutionGraphs() {}

  /** {@code y} of {@code x} and {@code w}. */
  public static OperationGraph forward(GraphTensor x, GraphTensor w, Convolution convolution) {
    return forward(x, w, convolution, false, null, false, x.type());
  }

  /**
   * {@code y} of {@code x} and {@code w}, with what follows in an inference or a linear layer.
   *
   * @param add whether images {@code z} are added
   * @param bias the type of {@code bias}, a number for each channel; null for none. That of the
   *     images has the most engines.
   * @param relu whether negative numbers become 0
   * @param result the type of {@code y}
   */
  public static OperationGraph forward(
      GraphTensor x,
      GraphTensor w,
      Convolution convolution,
      boolean add,
      @Nullable ElementType bias,
      boolean relu,
      ElementType result) {
    GraphTensor images = Tensors.result("y", x, w, convolution);
    GraphTensor y = Tensors.like("y", images, result);
    List<Mode> steps = new ArrayList<>();
    // Precompiled engines take the sum before the bias alone.
    if (add) {
      steps.add(Mode.ADD);
    }
    if (bias != null) {
      steps.add(Mode.ADD);
    }
    if (relu) {
      steps.add(Mode.RELU_FWD);
    }
    boolean isConverted = result != x.type() && (steps.isEmpty() || bias == result);
    if (isConverted) {
      // Few engines write another type themselves.
      steps.add(Mode.IDENTITY);
    }
    List<Node> nodes = new ArrayList<>();
    GraphTensor last = steps.isEmpty() ? y : Tensors.inner("product", y);
    nodes.add(new ConvolutionForward(x.named("x"), w.named("w"), last, convolution));
    for (int i = 0; i < steps.size(); i++) {
      GraphTensor next = i == steps.size() - 1 ? y : Tensors.inner("step" + (i + 1), y);
      GraphTensor operand =
          i == 0 && add
              ? images.named("z")
              : steps.get(i) == Mode.ADD && bias != null
                  ? GraphTensor.channels("bias", y.dims().get(1), bias)
                  : null;
      nodes.add(new Pointwise(steps.get(i), last, operand, next, 1, 1));
      last = next;
    }
    return new OperationGraph(nodes);
  }

  /**
   * {@code y} of {@code x} and {@code w}, with the {@code sum} and {@code sqSum} of each channel.
   */
  public static OperationGraph statistics(GraphTensor x, GraphTensor w, Convolution convolution) {
    GraphTensor y = Tensors.result("y", x, w, convolution);
    return OperationGraph.of(
        new ConvolutionForward(x.named("x"), w.named("w"), y, convolution),
        new GenStats(y, Tensors.floats("sum", y), Tensors.floats("sqSum", y)));
  }

  /**
   * {@code dx} of {@code dy} and {@code w}.
   *
   * @param x the images, or their gradient
   * @param accumulates whether it is added to what {@code dx} holds
   */
  public static OperationGraph backwardData(
      GraphTensor x, GraphTensor w, Convolution convolution, boolean accumulates) {
    return OperationGraph.of(
        new ConvolutionBackwardData(
            Tensors.result("dy", x, w, convolution),
            w.named("w"),
            x.named("dx"),
            convolution,
            accumulates));
  }

  /**
   * The gradient in front of a ReLU, {@code dz}, of {@code dy}, {@code w} and the ReLU's {@code
   * mask}.
   *
   * @param x the images, or their gradient
   * @param add whether a gradient {@code skip} of the same images is added first
   */
  public static OperationGraph maskedBackwardData(
      GraphTensor x, GraphTensor w, Convolution convolution, boolean add) {
    List<Node> nodes = new ArrayList<>();
    GraphTensor gradient = Tensors.inner("partial", x);
    nodes.add(
        new ConvolutionBackwardData(
            Tensors.result("dy", x, w, convolution), w.named("w"), gradient, convolution));
    if (add) {
      GraphTensor sum = Tensors.inner("gradient", x);
      nodes.add(Pointwise.of(Mode.ADD, gradient, x.named("skip"), sum));
      gradient = sum;
    }
    nodes.add(Pointwise.of(Mode.MUL, gradient, Tensors.mask(x), x.named("dz")));
    return new OperationGraph(nodes);
  }

  /**
   * {@code dw} of {@code x} and {@code dy}.
   *
   * @param result the type of {@code dw}; that of the filters has the most engines
   */
  public static OperationGraph backwardFilter(
      GraphTensor x, GraphTensor w, Convolution convolution, ElementType result) {
    GraphTensor dy = Tensors.result("dy", x, w, convolution);
    GraphTensor dw = Tensors.like("dw", w, result);
    if (result == w.type()) {
      return OperationGraph.of(new ConvolutionBackwardFilter(x.named("x"), dy, dw, convolution));
    }
    GraphTensor sums = Tensors.inner("sums", w);
    return OperationGraph.of(
        new ConvolutionBackwardFilter(x.named("x"), dy, sums, convolution),
        Pointwise.of(Mode.IDENTITY, sums, dw));
  }
}
