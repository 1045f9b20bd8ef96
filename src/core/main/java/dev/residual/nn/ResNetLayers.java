package dev.residual.nn;

import dev.residual.graph.Conv2d;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.Architecture.Block;
import dev.residual.nn.Architecture.Shortcut;
import dev.residual.nn.Architecture.Stem;
import java.util.List;

/** The layers of a residual network, added to a graph. */
final class ResNetLayers {

  private final GraphBuilder graph;
  private final ResNet network;
  private final Architecture architecture;
  private final Modules modules;
  private int blocks;

  ResNetLayers(GraphBuilder graph, ResNet network, Mode mode) {
    this.graph = graph;
    this.network = network;
    architecture = network.architecture();
    modules = new Modules(graph, mode);
  }

  /** A convolution of a block. */
  private record Conv(int kernel, int channels, int stride, int groups) {
    Conv unstrided() {
      return new Conv(kernel, channels, 1, groups);
    }
  }

  Value logits(Value images) {
    Value x = stem(images);
    for (int stage = 0; stage < architecture.depths().size(); stage++) {
      for (int block = 0; block < architecture.depths().get(stage); block++) {
        String name = "layer" + (stage + 1) + "." + block;
        blocks++;
        List<Conv> convs = convs(stage, stage > 0 && block == 0 ? 2 : 1);
        x = architecture.preActivation() ? preActivated(name, x, convs) : block(name, x, convs);
      }
    }
    if (architecture.preActivation()) {
      x = graph.relu("relu", norm("bn", x));
    }
    x = graph.flatten("flatten", graph.globalAvgPool("avgpool", x));
    if (network.dropout() > 0) {
      x = modules.dropout("dropout", x, network.dropout());
    }
    String name = architecture.stem() == Stem.CIFAR ? "linear" : "fc";
    return modules.linear("logits", name, x, network.classes());
  }

  private Value stem(Value images) {
    boolean large = architecture.stem() == Stem.IMAGENET;
    Value x =
        conv("conv1", images, new Conv(large ? 7 : 3, architecture.width(), large ? 2 : 1, 1));
    if (!architecture.preActivation()) {
      x = graph.relu("relu", norm("bn1", x));
    }
    if (!large) {
      return x;
    }
    return architecture.blur()
        ? modules.blurPool("aa", graph.maxPool2d("maxpool", x, Window.square(3, 1, 1)))
        : graph.maxPool2d("maxpool", x, Window.square(3, 2, 1));
  }

  private List<Conv> convs(int stage, int stride) {
    int groups = architecture.groups();
    int inner = (architecture.groupWidth() << stage) * groups;
    int last = (architecture.width() << stage) * architecture.block().expansion();
    boolean first = architecture.strideFirst();
    return architecture.block() == Block.BASIC
        ? List.of(new Conv(3, inner, stride, groups), new Conv(3, last, 1, groups))
        : List.of(
            new Conv(1, inner, first ? stride : 1, 1),
            new Conv(3, inner, first ? 1 : stride, groups),
            new Conv(1, last, 1, 1));
  }

  // Shortcuts come before the convolutions they go around, so that the last of these can be fused
  // with the addition.

  private Value block(String name, Value src, List<Conv> convs) {
    Value shortcut = src;
    if (projects(src, convs)) {
      String projection = projectionName(name);
      shortcut = norm(projection + ".1", conv(projection + ".0", src, projection(convs)));
    } else if (pads(src, convs)) {
      shortcut = zeroPad(name, src, convs);
    }
    Value x = src;
    for (int i = 1; i <= convs.size(); i++) {
      x = norm(name + ".bn" + i, inner(name, i, x, convs));
      if (i < convs.size()) {
        x = graph.relu(name + ".relu" + i, x);
      }
    }
    if (architecture.shortcut() != Shortcut.NONE) {
      x = graph.add(name + ".add", dropped(name, x), shortcut);
    }
    return graph.relu(name + ".relu", x);
  }

  private Value preActivated(String name, Value src, List<Conv> convs) {
    Value shortcut = pads(src, convs) ? zeroPad(name, src, convs) : src;
    Value x = src;
    for (int i = 1; i <= convs.size(); i++) {
      x = graph.relu(name + ".relu" + i, norm(name + ".bn" + i, x));
      if (i == 1 && projects(src, convs)) {
        // The first activation serves both branches where the shape changes.
        shortcut = conv(projectionName(name) + ".0", x, projection(convs));
      }
      x = inner(name, i, x, convs);
    }
    return architecture.shortcut() == Shortcut.NONE
        ? x
        : graph.add(name + ".add", dropped(name, x), shortcut);
  }

  /** A convolution of a block; where images are blurred, the stride waits for its activation. */
  private Value inner(String block, int i, Value src, List<Conv> convs) {
    boolean follows = i > 1 && isBlurred(convs.get(i - 2));
    Conv conv = convs.get(i - 1);
    return conv(
        block + ".conv" + i,
        follows ? modules.blurPool(block + ".aa", src) : src,
        isBlurred(conv) ? conv.unstrided() : conv);
  }

  private boolean isBlurred(Conv conv) {
    return architecture.blur() && conv.stride() > 1;
  }

  /** What a block adds to its shortcut, less often the deeper it is. */
  private Value dropped(String name, Value x) {
    double rate = network.stochasticDepth();
    int all = architecture.depths().stream().mapToInt(depth -> depth).sum();
    return rate == 0 ? x : modules.dropImages(name + ".drop", x, rate * blocks / all);
  }

  private boolean projects(Value src, List<Conv> convs) {
    return architecture.shortcut() == Shortcut.ALL_PROJECTION
        || (architecture.shortcut() == Shortcut.PROJECTION && changes(src, convs));
  }

  private boolean pads(Value src, List<Conv> convs) {
    return architecture.shortcut() == Shortcut.ZERO_PAD && changes(src, convs);
  }

  private static boolean changes(Value src, List<Conv> convs) {
    return stride(convs) != 1 || src.shape().dim(1) != convs.getLast().channels();
  }

  private static int stride(List<Conv> convs) {
    return convs.stream().mapToInt(Conv::stride).max().orElseThrow();
  }

  private static Conv projection(List<Conv> convs) {
    return new Conv(1, convs.getLast().channels(), stride(convs), 1);
  }

  private String projectionName(String block) {
    return block + (architecture.stem() == Stem.CIFAR ? ".shortcut" : ".downsample");
  }

  private Value zeroPad(String name, Value src, List<Conv> convs) {
    int channels = convs.getLast().channels();
    return graph.zeroPadShortcut(name + ".shortcut", src, channels, stride(convs));
  }

  private Value conv(String name, Value src, Conv conv) {
    Window window = Window.square(conv.kernel(), conv.stride(), conv.kernel() / 2);
    Conv2d op = Conv2d.of(name, src, conv.channels(), window, conv.groups());
    graph.add(op);
    return op.dst();
  }

  private Value norm(String name, Value src) {
    return modules.norm(name, src, 1e-5);
  }
}
