package dev.residual.nn;

import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import java.util.List;

/**
 * GoogLeNet: Szegedy et al., "Going Deeper with Convolutions" (2014), with batch normalisation, and
 * with 3x3 instead of 5x5 convolutions, as the published weights of torchvision have it. In
 * training two heads beside the layers classify, too.
 */
record GoogLeNetLayers() implements Layers {
  private static final double EPSILON = 1e-3;

  /** Channels of the four branches, and of what reduces the channels before two of them. */
  private record Inception(int one, int reduced3, int three, int reduced5, int five, int pooled) {}

  @Override
  public Value logits(GraphBuilder graph, Value images, int classes, Mode mode) {
    Modules modules = new Modules(graph, mode);
    Value x = conv(modules, "conv1", images, 64, Window.square(7, 2, 3));
    x = modules.ceilMaxPool("maxpool1", x, 3, 2, 0);
    x = conv(modules, "conv2", x, 64, Window.square(1, 1, 0));
    x = conv(modules, "conv3", x, 192, Window.square(3, 1, 1));
    x = modules.ceilMaxPool("maxpool2", x, 3, 2, 0);
    x = inception(modules, "inception3a", x, new Inception(64, 96, 128, 16, 32, 32));
    x = inception(modules, "inception3b", x, new Inception(128, 128, 192, 32, 96, 64));
    x = modules.ceilMaxPool("maxpool3", x, 3, 2, 0);
    x = inception(modules, "inception4a", x, new Inception(192, 96, 208, 16, 48, 64));
    auxiliary(modules, "aux1", x, classes);
    x = inception(modules, "inception4b", x, new Inception(160, 112, 224, 24, 64, 64));
    x = inception(modules, "inception4c", x, new Inception(128, 128, 256, 24, 64, 64));
    x = inception(modules, "inception4d", x, new Inception(112, 144, 288, 32, 64, 64));
    auxiliary(modules, "aux2", x, classes);
    x = inception(modules, "inception4e", x, new Inception(256, 160, 320, 32, 128, 128));
    x = modules.ceilMaxPool("maxpool4", x, 2, 2, 0);
    x = inception(modules, "inception5a", x, new Inception(256, 160, 320, 32, 128, 128));
    x = inception(modules, "inception5b", x, new Inception(384, 192, 384, 48, 128, 128));
    x = graph.flatten("flatten", graph.globalAvgPool("avgpool", x));
    x = modules.dropout("dropout", x, 0.2);
    return modules.linear("logits", "fc", x, classes);
  }

  @Override
  public List<String> auxiliary() {
    return List.of("aux1", "aux2");
  }

  private static void auxiliary(Modules modules, String name, Value src, int classes) {
    if (modules.mode() != Mode.TRAINING) {
      return;
    }
    Value x = modules.adaptiveAvgPool(name + ".pool", src, 4);
    x = conv(modules, name + ".conv", x, 128, Window.square(1, 1, 0));
    x =
        modules.linear(
            name + ".fc1", name + ".fc1", modules.graph().flatten(name + ".flatten", x), 1024);
    x = modules.dropout(name + ".dropout", modules.graph().relu(name + ".relu", x), 0.7);
    modules.linear(name, name + ".fc2", x, classes);
  }

  private static Value inception(Modules modules, String name, Value src, Inception plan) {
    Window point = Window.square(1, 1, 0);
    Window square = Window.square(3, 1, 1);
    Value one = conv(modules, name + ".branch1", src, plan.one, point);
    Value three = conv(modules, name + ".branch2.0", src, plan.reduced3, point);
    three = conv(modules, name + ".branch2.1", three, plan.three, square);
    Value five = conv(modules, name + ".branch3.0", src, plan.reduced5, point);
    five = conv(modules, name + ".branch3.1", five, plan.five, square);
    Value pooled = modules.ceilMaxPool(name + ".branch4.0", src, 3, 1, 1);
    pooled = conv(modules, name + ".branch4.1", pooled, plan.pooled, point);
    return modules.graph().concat(name, List.of(one, three, five, pooled));
  }

  private static Value conv(Modules modules, String name, Value src, int channels, Window window) {
    Value x = modules.plainConv(name + ".conv", src, channels, window);
    return modules.graph().relu(name + ".relu", modules.norm(name + ".bn", x, EPSILON));
  }
}
