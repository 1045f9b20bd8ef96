package dev.residual.nn;

import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.graph.Window;

/**
 * The residual network of nine layers by which David Page won DAWNBench's CIFAR-10 in 2018 ("How to
 * Train Your ResNet"): few layers of many channels, two of its stages with a residual branch.
 */
record ResNet9Layers() implements Layers {
  private static final double LOGITS_SCALE = 0.125;

  @Override
  public Value logits(GraphBuilder graph, Value images, int classes, Mode mode) {
    Modules modules = new Modules(graph, mode);
    Value x = conv(modules, "prep", images, 64);
    x = residual(modules, "layer1.residual", pooled(modules, "layer1", x, 128));
    x = pooled(modules, "layer2", x, 256);
    x = residual(modules, "layer3.residual", pooled(modules, "layer3", x, 512));
    x = graph.flatten("flatten", graph.maxPool2d("pool", x, Window.square(4, 4, 0)));
    return modules.scaled("logits", modules.plainLinear("linear", x, classes), LOGITS_SCALE);
  }

  /** PyTorch's defaults, with which it was trained. */
  @Override
  public Initializer initializer(long seed) {
    return new Initializer(Initializer.Fan.IN_UNIFORM, seed);
  }

  private static Value pooled(Modules modules, String name, Value src, int channels) {
    Value x = conv(modules, name, src, channels);
    return modules.graph().maxPool2d(name + ".pool", x, Window.square(2, 2, 0));
  }

  private static Value residual(Modules modules, String name, Value src) {
    int channels = src.shape().dim(1);
    Value x = conv(modules, name + ".res1", src, channels);
    x = conv(modules, name + ".res2", x, channels);
    return modules.graph().add(name + ".add", src, x);
  }

  private static Value conv(Modules modules, String name, Value src, int channels) {
    Value x = modules.plainConv(name + ".conv", src, channels, Window.square(3, 1, 1));
    return modules.graph().relu(name + ".relu", modules.norm(name + ".bn", x, 1e-5));
  }
}
