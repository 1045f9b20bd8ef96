package dev.residual.nn;

import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The network of "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (Jordan 2024): a convolution
 * that whitens patches, then three groups of two convolutions with few channels.
 *
 * <p>The weights of the first convolution come from images. They and the scales of the
 * normalisations are fixed.
 */
record AirbenchLayers() implements Layers {
  private static final List<Integer> CHANNELS = List.of(64, 256, 256);
  private static final String WHITENING = "whiten.weight";
  private static final double EPSILON = 1e-12;
  private static final double MOMENTUM = 0.4;

  /** A patch of 2x2 has 12 colours, and each direction both signs. */
  private static final int WHITENED = 24;

  @Override
  public Value logits(GraphBuilder graph, Value images, int classes, Mode mode) {
    Modules modules = new Modules(graph, mode);
    Value x = modules.conv("whiten", images, WHITENED, Window.square(2, 1, 0));
    x = modules.gelu("whiten.activ", x);
    for (int i = 0; i < CHANNELS.size(); i++) {
      x = group(modules, group(i), x, CHANNELS.get(i));
    }
    x = graph.flatten("flatten", graph.maxPool2d("pool", x, Window.square(3, 3, 0)));
    return modules.scaled("logits", modules.plainLinear("linear", x, classes), 1.0 / 9);
  }

  private static String group(int i) {
    return "group" + (i + 1);
  }

  private static Value group(Modules modules, String name, Value src, int channels) {
    Value x = conv(modules, name + ".conv1", src, channels);
    x = modules.graph().maxPool2d(name + ".pool", x, Window.square(2, 2, 0));
    x = modules.gelu(name + ".activ1", modules.norm(name + ".norm1", x, EPSILON, MOMENTUM));
    x = conv(modules, name + ".conv2", x, channels);
    return modules.gelu(name + ".activ2", modules.norm(name + ".norm2", x, EPSILON, MOMENTUM));
  }

  private static Value conv(Modules modules, String name, Value src, int channels) {
    return modules.plainConv(name, src, channels, Window.square(3, 1, 1));
  }

  @Override
  public List<String> fixed() {
    Stream<String> scales =
        IntStream.range(0, CHANNELS.size())
            .mapToObj(AirbenchLayers::group)
            .flatMap(name -> Stream.of(name + ".norm1.weight", name + ".norm2.weight"));
    return Stream.concat(Stream.of(WHITENING), scales).toList();
  }

  @Override
  public Optional<String> whitening() {
    return Optional.of(WHITENING);
  }

  @Override
  public Initializer initializer(long seed) {
    return new Initializer(Initializer.Fan.IN_UNIFORM, seed).withDirac();
  }
}
