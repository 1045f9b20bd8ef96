package dev.residual.bench;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.ResNet;
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
record ConvolutionShape(int in, int size, int out, int kernel, int stride, int pad) {
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

  private static ConvolutionShape of(Conv2d conv) {
    Window window = conv.window();
    return new ConvolutionShape(
        conv.src().shape().dim(1),
        conv.src().shape().dim(2),
        conv.dst().shape().dim(1),
        window.kernelH(),
        window.strideH(),
        window.padTop());
  }

  Window window() {
    return Window.square(kernel, stride, pad);
  }

  Value src(int batch) {
    return Value.input("src", Shape.of(batch, in, size, size));
  }

  /** The forward operation, whose weights are a parameter and thus packed once. */
  Op forward(int batch) {
    Value weights = Value.parameter("weights", Shape.of(out, in, kernel, kernel));
    Value src = src(batch);
    Value dst = Value.activation("dst", Conv2d.dstShape(src, weights, window()));
    return new Conv2d(src, weights, null, dst, window(), 1);
  }

  @Override
  public String toString() {
    return "ic%dih%doc%dkh%dsh%dph%d".formatted(in, size, out, kernel, stride, pad);
  }
}
