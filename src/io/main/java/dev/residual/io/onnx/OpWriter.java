package dev.residual.io.onnx;

import static dev.residual.io.onnx.GraphWriter.attribute;

import dev.residual.graph.Add;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Binary;
import dev.residual.graph.Cast;
import dev.residual.graph.Concat;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Eltwise;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Linear;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Pad;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.Reshape;
import dev.residual.graph.Slice;
import dev.residual.graph.Softmax;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.io.onnx.format.AttributeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The nodes of each operation of a model for inference. */
final class OpWriter {
  private final GraphWriter graph;

  private OpWriter(GraphWriter graph) {
    this.graph = graph;
  }

  /**
   * Adds the nodes of an operation.
   *
   * @throws IllegalArgumentException if ONNX has none for it
   */
  static void write(GraphWriter graph, Op op) {
    OpWriter nodes = new OpWriter(graph);
    switch (op) {
      case Conv2d conv -> nodes.convolution(conv);
      case QuantizedConv2d conv -> nodes.convolution(conv);
      case BatchNormInference norm -> nodes.batchNorm(norm);
      case Linear linear -> nodes.linear(linear);
      case Relu relu -> nodes.node("Relu", relu.src(), relu.dst());
      case Add add -> nodes.node("Add", add.src0(), add.src1(), add.dst());
      case Binary binary ->
          nodes.node(name(binary.function().name()), binary.src0(), binary.src1(), binary.dst());
      case Eltwise eltwise -> nodes.eltwise(eltwise);
      case MaxPool2d pool -> nodes.node("MaxPool", pool.src(), pool.dst(), window(pool.window()));
      case AvgPool2d pool -> nodes.averagePool(pool);
      case GlobalAvgPool pool -> nodes.node("GlobalAveragePool", pool.src(), pool.dst());
      case Softmax softmax ->
          nodes.node(
              softmax.log() ? "LogSoftmax" : "Softmax",
              softmax.src(),
              softmax.dst(),
              attribute("axis", softmax.axis()));
      case LocalResponseNorm norm -> nodes.localResponse(norm);
      case Concat concat ->
          graph.node(
              "Concat",
              concat.srcs().stream().map(Value::name).toList(),
              concat.dst().name(),
              attribute("axis", 1));
      case Cast cast ->
          nodes.node(
              "Cast",
              cast.src(),
              cast.dst(),
              attribute("to", ElementType.of(cast.dst().dtype()).code()));
      case Quantize q -> nodes.quantize(q.src().name(), q.dst(), q.scale());
      case Dequantize d ->
          graph.node("DequantizeLinear", nodes.scaled(d.src(), d.scale()), d.dst().name());
      case Normalize normalize -> nodes.normalize(normalize);
      case Reshape reshape -> MovementWriter.write(graph, reshape);
      case Transpose transpose ->
          nodes.node(
              "Transpose", transpose.src(), transpose.dst(), attribute("perm", transpose.axes()));
      case Pad pad -> MovementWriter.write(graph, pad);
      case Slice slice -> MovementWriter.write(graph, slice);
      case ZeroPadShortcut shortcut -> MovementWriter.write(graph, shortcut);
      default ->
          throw new IllegalArgumentException(
              "%s of %s has no form in ONNX; only models in inference mode are written"
                  .formatted(op.kind(), op.outputs().getFirst()));
    }
  }

  /** ONNX's name of an operation, as {@code Add} for {@code ADD}. */
  private static String name(String constant) {
    return constant.charAt(0) + constant.substring(1).toLowerCase(Locale.ROOT);
  }

  private void node(String type, Value src, Value dst, AttributeProto... attributes) {
    graph.node(type, List.of(src.name()), dst.name(), attributes);
  }

  private void node(String type, Value src0, Value src1, Value dst) {
    graph.node(type, List.of(src0.name(), src1.name()), dst.name());
  }

  private static AttributeProto[] window(Window window, AttributeProto... others) {
    List<AttributeProto> attributes = new ArrayList<>(List.of(others));
    attributes.add(attribute("kernel_shape", List.of(window.kernelH(), window.kernelW())));
    attributes.add(attribute("strides", List.of(window.strideH(), window.strideW())));
    attributes.add(attribute("dilations", List.of(window.dilationH(), window.dilationW())));
    attributes.add(
        attribute(
            "pads",
            List.of(window.padTop(), window.padLeft(), window.padBottom(), window.padRight())));
    return attributes.toArray(AttributeProto[]::new);
  }

  private void averagePool(AvgPool2d pool) {
    AttributeProto padding = attribute("count_include_pad", pool.includePadding() ? 1 : 0);
    node("AveragePool", pool.src(), pool.dst(), window(pool.window(), padding));
  }

  private void convolution(Conv2d conv) {
    String sum =
        convolved(
            conv.src().name(),
            conv.weights().name(),
            conv.bias(),
            before(conv.dst().name(), conv.add(), conv.relu()),
            conv.window(),
            conv.groups());
    epilogue(sum, conv.add() == null ? null : conv.add().name(), conv.relu(), conv.dst().name());
  }

  /** The name of a sum: that of the result, if nothing follows. */
  private static String before(String dst, @Nullable Value add, boolean relu) {
    return add == null && !relu ? dst : dst + ".product";
  }

  private String convolved(
      String src, String weights, @Nullable Value bias, String dst, Window window, int groups) {
    List<String> inputs = new ArrayList<>(List.of(src, weights));
    if (bias != null) {
      inputs.add(bias.name());
    }
    return graph.node("Conv", inputs, dst, window(window, attribute("group", groups)));
  }

  /** What follows a sum: an addition and a ReLU, or neither. */
  private void epilogue(String sum, @Nullable String add, boolean relu, String dst) {
    String before = sum;
    if (add != null) {
      before = graph.node("Add", List.of(sum, add), relu ? dst + ".sum" : dst);
    }
    if (relu) {
      graph.node("Relu", List.of(before), dst);
    }
  }

  private void convolution(QuantizedConv2d conv) {
    String name = conv.dst().name();
    String src = dequantized(conv.src(), conv.srcScale(), name + ".src");
    String weights =
        graph.node(
            "DequantizeLinear",
            List.of(conv.weights().name(), conv.weightsScale().name()),
            name + ".weights",
            attribute("axis", 0));
    boolean isFloating = conv.dst().dtype().isFloating();
    String result = isFloating ? name : name + ".float";
    String sum =
        convolved(
            src,
            weights,
            conv.bias(),
            before(result, conv.add(), conv.relu()),
            conv.window(),
            conv.groups());
    String add =
        conv.add() == null ? null : dequantized(conv.add(), conv.addScale(), name + ".add");
    epilogue(sum, add, conv.relu(), result);
    if (!isFloating) {
      quantize(result, conv.dst(), conv.dstScale());
    }
  }

  private void quantize(String src, Value dst, double scale) {
    String name = graph.number(dst.name() + ".scale", scale);
    graph.node("QuantizeLinear", List.of(src, name, graph.zero(dst)), dst.name());
  }

  private String dequantized(Value value, double scale, String name) {
    return value.dtype().isFloating()
        ? value.name()
        : graph.node("DequantizeLinear", scaled(value, scale), name);
  }

  private List<String> scaled(Value value, double scale) {
    return List.of(value.name(), graph.number(value.name() + ".scale", scale), graph.zero(value));
  }

  private void batchNorm(BatchNormInference norm) {
    List<String> inputs =
        List.of(
            norm.src().name(),
            norm.scale().name(),
            norm.shift().name(),
            norm.mean().name(),
            norm.variance().name());
    String name = norm.dst().name();
    String normalized =
        graph.node(
            "BatchNormalization",
            inputs,
            before(name, norm.add(), norm.relu()),
            attribute("epsilon", norm.epsilon()));
    epilogue(normalized, norm.add() == null ? null : norm.add().name(), norm.relu(), name);
  }

  private void linear(Linear linear) {
    List<String> inputs = new ArrayList<>();
    inputs.add(linear.src().name());
    inputs.add(linear.weights().name());
    if (linear.bias() != null) {
      inputs.add(linear.bias().name());
    }
    graph.node("Gemm", inputs, linear.dst().name(), attribute("transB", 1));
  }

  private void eltwise(Eltwise op) {
    switch (op.function()) {
      case CLIP -> {
        String low = bound(op.dst().name() + ".min", op.alpha());
        String high = bound(op.dst().name() + ".max", op.beta());
        graph.node("Clip", List.of(op.src().name(), low, high), op.dst().name());
      }
      case LEAKY_RELU -> node("LeakyRelu", op.src(), op.dst(), attribute("alpha", op.alpha()));
      case SIGMOID -> node("Sigmoid", op.src(), op.dst());
      case HARD_SIGMOID -> hardSigmoid(op, op.dst().name());
      case HARD_SWISH -> {
        String gate = hardSigmoid(op, op.dst().name() + ".gate");
        graph.node("Mul", List.of(op.src().name(), gate), op.dst().name());
      }
      case SWISH -> {
        String gate = op.dst().name() + ".gate";
        graph.node("Sigmoid", List.of(op.src().name()), gate);
        graph.node("Mul", List.of(op.src().name(), gate), op.dst().name());
      }
      case GELU -> node("Gelu", op.src(), op.dst());
      case LINEAR -> {
        String name = op.dst().name();
        String product = op.beta() == 0 ? name : name + ".product";
        String alpha = graph.number(name + ".alpha", op.alpha());
        graph.node("Mul", List.of(op.src().name(), alpha), product);
        if (op.beta() != 0) {
          graph.node("Add", List.of(product, graph.number(name + ".beta", op.beta())), name);
        }
      }
    }
  }

  private String hardSigmoid(Eltwise op, String dst) {
    return graph.node(
        "HardSigmoid",
        List.of(op.src().name()),
        dst,
        attribute("alpha", op.alpha()),
        attribute("beta", op.beta()));
  }

  /** A bound of a clip; none if it is infinite. */
  private String bound(String name, double bound) {
    return Double.isInfinite(bound) ? "" : graph.number(name, bound);
  }

  private void localResponse(LocalResponseNorm norm) {
    node(
        "LRN",
        norm.src(),
        norm.dst(),
        attribute("size", norm.size()),
        attribute("alpha", norm.alpha()),
        attribute("beta", norm.beta()),
        attribute("bias", norm.k()));
  }

  private void normalize(Normalize op) {
    String name = op.dst().name();
    String floats =
        graph.node(
            "Cast",
            List.of(op.src().name()),
            name + ".cast",
            attribute("to", ElementType.of(op.dst().dtype()).code()));
    String parts =
        graph.node("Div", List.of(floats, graph.number("bytes.max", 255)), name + ".scaled");
    String centred =
        graph.node("Sub", List.of(parts, graph.channels(name + ".mean", op.mean())), name + ".sub");
    graph.node("Div", List.of(centred, graph.channels(name + ".std", op.std())), name);
  }
}
