package dev.residual.bench;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A square convolution in the words of oneDNN's benchdnn, as {@code ic64ih56oc256kh1sh1ph0}.
 *
 * @param in the number of input channels
 * @param size the height and width of an image
 * @param out the number of output channels
 * @param kernel the height and width of the kernel
 * @param stride in both directions
 * @param pad on all sides
 */
public record ConvolutionShape(int in, int size, int out, int kernel, int stride, int pad) {
  private static final Pattern TEXT =
      Pattern.compile("ic(\\d+)ih(\\d+)oc(\\d+)kh(\\d+)sh(\\d+)ph(\\d+)");

  static ConvolutionShape parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text + " is not a shape as ic64ih56oc256kh1sh1ph0");
    }
    int[] n = new int[6];
    for (int i = 0; i < n.length; i++) {
      n[i] = Integer.parseInt(matcher.group(i + 1));
    }
    return new ConvolutionShape(n[0], n[1], n[2], n[3], n[4], n[5]);
  }

  /** The distinct convolutions of a network, in the order in which it runs them. */
  static List<ConvolutionShape> of(ResNet network) {
    return network.inference(1).graph().ops().stream()
        .filter(Conv2d.class::isInstance)
        .map(op -> of((Conv2d) op))
        .distinct()
        .toList();
  }

  static ConvolutionShape of(Conv2d conv) {
    Window window = conv.window();
    return new ConvolutionShape(
        conv.src().shape().dim(1),
        conv.src().shape().dim(2),
        conv.dst().shape().dim(1),
        window.kernelH(),
        window.strideH(),
        window.padTop());
  }

  /** Kernel, strides and padding. */
  public Window window() {
    return Window.square(kernel, stride, pad);
  }

  /** The shape of the images, n i h w. */
  public Shape src(int batch) {
    return Shape.of(batch, in, size, size);
  }

  /** The shape of the kernels, o i h w. */
  public Shape weights() {
    return Shape.of(out, in, kernel, kernel);
  }

  /** The shape of the result, n o h w. */
  public Shape dst(int batch) {
    int extent = (size + 2 * pad - kernel) / stride + 1;
    return Shape.of(batch, out, extent, extent);
  }

  /** The operation, whose weights are a parameter and thus packed once. */
  Op op(Pass pass, int batch, DType dtype) {
    Value weights = Value.parameter("weights", weights(), dtype);
    Value src = Value.input("src", src(batch), dtype);
    Value diffDst = Value.input("diffDst", dst(batch), dtype);
    return switch (pass) {
      case FORWARD ->
          new Conv2d(src, weights, null, Value.activation("dst", dst(batch), dtype), window(), 1);
      case BACKWARD_DATA ->
          new Conv2dBackwardData(
              diffDst, weights, Value.activation("diffSrc", src(batch), dtype), window(), 1);
      case BACKWARD_WEIGHTS ->
          new Conv2dBackwardWeights(
              src, diffDst, Value.activation("diffWeights", weights()), null, window(), 1);
    };
  }

  @Override
  public String toString() {
    return "ic%dih%doc%dkh%dsh%dph%d".formatted(in, size, out, kernel, stride, pad);
  }
}
