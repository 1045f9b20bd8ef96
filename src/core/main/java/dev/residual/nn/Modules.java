package dev.residual.nn;

import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Dropout;
import dev.residual.graph.Eltwise;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;

/** Layers as the modules of PyTorch are, whose parameters they are named after. */
record Modules(GraphBuilder graph, Mode mode) {

  /** A convolution with bias. */
  Value conv(String name, Value src, int channels, Window window) {
    Conv2d op = Conv2d.of(name, src, channels, window).withBias();
    graph.add(op);
    return op.dst();
  }

  /** A convolution without bias. */
  Value plainConv(String name, Value src, int channels, Window window) {
    Conv2d op = Conv2d.of(name, src, channels, window);
    graph.add(op);
    return op.dst();
  }

  /** Batch normalisation with momentum 0.1. */
  Value norm(String name, Value src, double epsilon) {
    return norm(name, src, epsilon, 0.1);
  }

  /** Batch normalisation. */
  Value norm(String name, Value src, double epsilon, double momentum) {
    Op op =
        mode == Mode.TRAINING
            ? BatchNorm.of(name, src, epsilon).withMomentum(momentum)
            : BatchNormInference.of(name, src, epsilon);
    graph.add(op);
    return op.outputs().getFirst();
  }

  /** Max pooling whose last windows may reach over the edge, as with {@code ceil_mode}. */
  Value ceilMaxPool(String name, Value src, int kernel, int stride, int pad) {
    Window window = Window.square(kernel, stride, pad);
    return graph.maxPool2d(name, src, window.covering(src.shape().dim(2), src.shape().dim(3)));
  }

  /**
   * Every second element in each direction, of an image that is blurred by [1 2 1] / 4 and
   * reflected at its edges (Zhang 2019, "Making Convolutional Networks Shift-Invariant Again").
   *
   * <p>The filter is [1 1] / 2 applied twice. After the first time, an element beyond the edge
   * would equal the one before it: leaving it out of the second mean is reflecting.
   */
  Value blurPool(String name, Value src) {
    if (src.shape().dim(2) < 2 || src.shape().dim(3) < 2) {
      throw new IllegalArgumentException(
          name + " blurs an image of at least 2x2, given " + src + ": take larger images");
    }
    Value once = graph.avgPool2d(name + ".0", src, Window.square(2, 1, 0), false);
    Window halving = new Window(2, 2, 2, 2, 1, 1, 0, 0, 1, 1);
    Shape shape = once.shape();
    return graph.avgPool2d(name, once, halving.covering(shape.dim(2), shape.dim(3)), false);
  }

  /**
   * The averages of parts of an image, which overlap where they cannot be equal.
   *
   * @param side the number of parts in each direction
   */
  Value adaptiveAvgPool(String name, Value src, int side) {
    int height = src.shape().dim(2);
    int width = src.shape().dim(3);
    if (height % side != 0 || width % side != 0) {
      Shape parts = src.shape().with(2, side).with(3, side);
      AdaptiveAvgPool2d op = new AdaptiveAvgPool2d(src, Value.activation(name, parts, src.dtype()));
      graph.add(op);
      return op.dst();
    }
    int h = height / side;
    int w = width / side;
    return h == 1 && w == 1
        ? src
        : graph.avgPool2d(name, src, new Window(h, w, h, w, 0, 0, 0, 0, 1, 1), false);
  }

  /** Dropout, in training alone. */
  Value dropout(String name, Value src, double probability) {
    if (mode != Mode.TRAINING) {
      return src;
    }
    return graph.dropout(name, src, random(name), probability);
  }

  /** Dropout of whole images, in training alone. */
  Value dropImages(String name, Value src, double probability) {
    if (mode != Mode.TRAINING) {
      return src;
    }
    Dropout op = Dropout.ofRows(name, src, random(name), probability);
    graph.add(op);
    return op.dst();
  }

  private static Value random(String name) {
    return Value.state(name + ".random", Shape.of(1), DType.I64);
  }

  /** The Gaussian error linear unit. */
  Value gelu(String name, Value src) {
    return eltwise(name, src, Eltwise.Function.GELU, 0);
  }

  /** All elements multiplied by a number. */
  Value scaled(String name, Value src, double factor) {
    return eltwise(name, src, Eltwise.Function.LINEAR, factor);
  }

  private Value eltwise(String name, Value src, Eltwise.Function function, double alpha) {
    Value dst = Value.activation(name, src.shape(), src.dtype());
    graph.add(new Eltwise(src, dst, function, alpha, 0));
    return dst;
  }

  /** A linear layer without bias. */
  Value plainLinear(String name, Value src, int features) {
    Value weights = graph.parameter(name + ".weight", Shape.of(features, src.shape().dim(1)));
    return graph.linear(name, src, weights, null);
  }

  /** A linear layer with bias, called otherwise than its parameters. */
  Value linear(String name, String parameters, Value src, int features) {
    Value weights = graph.parameter(parameters + ".weight", Shape.of(features, src.shape().dim(1)));
    return graph.linear(
        name, src, weights, graph.parameter(parameters + ".bias", Shape.of(features)));
  }

  /** A linear layer and a rectified linear unit, the modules {@code i} and {@code i + 1}. */
  Value hidden(String parent, int i, Value src, int features) {
    String name = parent + "." + i;
    return graph.relu(parent + "." + (i + 1), linear(name, name, src, features));
  }
}
