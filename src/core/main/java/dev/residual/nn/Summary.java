package dev.residual.nn;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.Architecture.Block;
import dev.residual.nn.Architecture.Stem;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The table of a network's stages, as Table 1 of "Deep Residual Learning", for one image.
 *
 * @param name of the network
 * @param rows the stem, each stage, and the classifier
 */
public record Summary(String name, List<Row> rows) {

  /**
   * A line of the table.
   *
   * @param name the common start of its parameters' names
   * @param layers what it consists of, as {@code [1x1 64, 3x3 64, 1x1 256] x 3}
   * @param output the shape of its result, for one image
   * @param parameters the number of learned numbers, scales and shifts included
   * @param macs the multiply-adds of convolutions and linear layers
   */
  public record Row(String name, String layers, Shape output, long parameters, long macs) {}

  /** Copies the rows. */
  public Summary {
    rows = List.copyOf(rows);
  }

  /** The table of a network. */
  public static Summary of(ResNet network) {
    Architecture architecture = network.architecture();
    Graph graph = network.inference(1).graph();
    List<List<Op>> stages = new ArrayList<>();
    for (int i = 0; i <= architecture.depths().size() + 1; i++) {
      stages.add(new ArrayList<>());
    }
    int current = 0;
    for (Op op : graph.ops()) {
      String name = op.outputs().getFirst().name();
      if (name.startsWith("layer")) {
        current = Integer.parseInt(name.substring("layer".length(), name.indexOf('.')));
      } else if (current > 0) {
        current = stages.size() - 1;
      }
      stages.get(current).add(op);
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      rows.add(row(network, i, stages.get(i)));
    }
    return new Summary(network.name(), rows);
  }

  /**
   * The table of any model: a line for each convolution and linear layer, called like its result.
   *
   * @param model for one image
   */
  public static Summary of(Model model) {
    List<Row> rows = new ArrayList<>();
    List<Op> pending = new ArrayList<>();
    for (Op op : model.graph().ops()) {
      pending.add(op);
      String layer = layer(op);
      if (!layer.isEmpty()) {
        String name = op.outputs().getFirst().name();
        rows.add(row(name, layer, List.copyOf(pending)));
        pending.clear();
      }
    }
    if (!pending.isEmpty()) {
      rows.add(row(model.logits().name(), "", pending));
    }
    return new Summary(model.name(), rows);
  }

  /**
   * The table of a network: of a residual one its stages; of another a line for each module that
   * has convolutions or linear layers, and for what follows it.
   */
  public static Summary of(ImageNetwork network) {
    return switch (network) {
      case ResNet resnet -> of(resnet);
      case LayeredNetwork layered -> ofModules(layered.inference(1));
      default -> of(network.inference(1));
    };
  }

  private static Summary ofModules(Model model) {
    Map<String, List<Op>> modules = new LinkedHashMap<>();
    List<Op> current = new ArrayList<>();
    for (Op op : model.graph().ops()) {
      if (!layer(op).isEmpty()) {
        current =
            modules.computeIfAbsent(
                module(op.outputs().getFirst().name()), name -> new ArrayList<>());
      }
      current.add(op);
    }
    List<Row> rows = new ArrayList<>();
    modules.forEach(
        (name, ops) ->
            rows.add(
                row(
                    name,
                    ops.stream()
                        .map(op -> op instanceof MaxPool2d pool ? pooling(pool) : layer(op))
                        .filter(text -> !text.isEmpty())
                        .collect(Collectors.joining(", ")),
                    ops)));
    return new Summary(model.name(), rows);
  }

  /** {@code inception3a} of {@code inception3a.branch1.conv}, and {@code features.0} of itself. */
  private static String module(String name) {
    return name.replaceFirst("(\\.\\d+)?(\\..*)?$", "$1");
  }

  private static String pooling(MaxPool2d pool) {
    Window window = pool.window();
    return "%dx%d max pool%s"
        .formatted(
            window.kernelH(),
            window.kernelW(),
            window.isStrided() ? " stride " + window.strideH() : "");
  }

  private static String layer(Op op) {
    return switch (op) {
      case Conv2d conv -> layer(conv.window(), conv.dst(), conv.groups());
      case QuantizedConv2d conv -> layer(conv.window(), conv.dst(), conv.groups());
      case Linear linear -> "linear " + linear.dst().shape().dim(1);
      default -> "";
    };
  }

  private static String layer(Window window, Value dst, int groups) {
    return "%dx%d %d%s%s"
        .formatted(
            window.kernelH(),
            window.kernelW(),
            dst.shape().dim(1),
            groups > 1 ? " groups " + groups : "",
            window.isStrided() ? " stride " + window.strideH() : "");
  }

  /** The number of learned numbers, scales and shifts included. */
  public long parameters() {
    return rows.stream().mapToLong(Row::parameters).sum();
  }

  /** The multiply-adds of convolutions and linear layers. */
  public long macs() {
    return rows.stream().mapToLong(Row::macs).sum();
  }

  private static Row row(ResNet network, int index, List<Op> ops) {
    Architecture architecture = network.architecture();
    boolean cifar = architecture.stem() == Stem.CIFAR;
    String name;
    String layers;
    if (index == 0) {
      name = "conv1";
      int width = architecture.width();
      layers = cifar ? "3x3 " + width : "7x7 " + width + " stride 2, 3x3 max pool stride 2";
    } else if (index <= architecture.depths().size()) {
      name = "layer" + index;
      layers = layers(architecture, index - 1);
    } else {
      name = cifar ? "linear" : "fc";
      layers = "average pool, linear " + network.classes();
    }
    return row(name, layers, ops);
  }

  private static Row row(String name, String layers, List<Op> ops) {
    Set<Value> parameters = new HashSet<>();
    ops.forEach(op -> parameters.addAll(op.inputs()));
    parameters.removeIf(value -> value.role() != Role.PARAMETER);
    return new Row(
        name,
        layers,
        ops.getLast().outputs().getFirst().shape(),
        parameters.stream().mapToLong(value -> value.shape().elements()).sum(),
        ops.stream().mapToLong(Summary::macs).sum());
  }

  private static String layers(Architecture architecture, int stage) {
    int groups = architecture.groups();
    int inner = (architecture.groupWidth() << stage) * groups;
    int last = (architecture.width() << stage) * architecture.block().expansion();
    String wide = "3x3 " + inner + (groups > 1 ? " groups " + groups : "");
    String block =
        architecture.block() == Block.BASIC
            ? wide + ", 3x3 " + last + (groups > 1 ? " groups " + groups : "")
            : "1x1 " + inner + ", " + wide + ", 1x1 " + last;
    return "[" + block + "] x " + architecture.depths().get(stage);
  }

  private static long macs(Op op) {
    return switch (op) {
      case Conv2d conv -> conv.macs();
      case QuantizedConv2d conv -> conv.macs();
      case Linear linear -> linear.macs();
      default -> 0;
    };
  }
}
