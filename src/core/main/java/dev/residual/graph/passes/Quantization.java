package dev.residual.graph.passes;

import dev.residual.graph.AvgPool2d;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Dequantize;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Graph;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The pass that lets the convolutions of an inference graph compute with 8-bit integers.
 *
 * <p>Each {@link Conv2d} with weights of its own becomes a {@link QuantizedConv2d}. Its weights
 * keep their name as S8. They get a scale for each output channel, which is named like them with
 * {@link #SCALE} behind. Fold batch norms, and fuse ReLUs and adds into convolutions, before this
 * pass: what is left of them stays floating.
 *
 * <p>Values between quantised convolutions are 8-bit integers: U8 where they cannot be negative, S8
 * otherwise. {@link Quantize} and {@link Dequantize} stand where integers begin and end.
 *
 * <p>Some convolutions stay floating, because they would add more to the error than they save time:
 *
 * <ul>
 *   <li>The first three on the way from the images, with or without max pooling between them. Their
 *       errors pass through all others and grow.
 *   <li>Those that read the source of a projection. (A projection is a convolution whose result is
 *       added and not read otherwise.) Its result is part of every block of a stage.
 *   <li>Those that read the tensor that is added last.
 * </ul>
 *
 * <p>A sum that is added to a later one stays floating, too, so that errors do not gather from
 * block to block. Convolutions that read such a sum get a rounded copy.
 *
 * <p>All of this but for the first three convolutions needs a condition: the convolution that
 * computes the value sums at least 256 products for each element. Only these hide the time to write
 * four bytes instead of one. In ResNet-18 all do, in ResNet-50 those of the last stages.
 */
public final class Quantization {
  /** The end of a scale's name, behind the name of its weights. */
  public static final String SCALE = ".scale";

  /** The number of convolutions, counted from the images, that stay floating. */
  private static final int FIRST = 3;

  /** Products in the sum of an element that hide the time to write it with 32 bits. */
  private static final int MANY_PRODUCTS = 256;

  private final Map<String, Double> scales;
  private final Map<Value, List<Op>> readers = new HashMap<>();

  /** Images and results of the first convolutions, with the number of convolutions before them. */
  private final Map<Value, Integer> depths = new HashMap<>();

  private final Set<Value> added = new HashSet<>();

  /** Results of convolutions that sum many products. */
  private final Set<Value> cheap = new HashSet<>();

  /** Sources of convolutions that stay floating, other than the first ones. */
  private final Set<Value> precise = new HashSet<>();

  private final Set<Value> outputs;
  private final Set<Value> notNegative = new HashSet<>();
  private final Map<Value, Value> integers = new HashMap<>();
  private final Set<Value> floating = new HashSet<>();
  private final List<Op> ops = new ArrayList<>();

  private Quantization(Graph graph, Map<String, Double> scales) {
    this.scales = scales;
    outputs = Set.copyOf(graph.outputs());
    graph.values(Role.INPUT).forEach(images -> depths.put(images, 0));
    for (Op op : graph.ops()) {
      op.inputs().forEach(value -> readers.computeIfAbsent(value, v -> new ArrayList<>()).add(op));
      if (keepsFromNegative(op)) {
        notNegative.addAll(op.outputs());
      }
      switch (op) {
        case Normalize colours -> deepen(colours.src(), colours.dst(), 0);
        case MaxPool2d pool -> deepen(pool.src(), pool.dst(), 0);
        case Conv2d conv -> {
          deepen(conv.src(), conv.dst(), 1);
          Shape weights = conv.weights().shape();
          if (weights.elements() / weights.dim(0) >= MANY_PRODUCTS) {
            cheap.add(conv.dst());
          }
          if (conv.add() != null) {
            added.add(conv.add());
          }
        }
        default -> {}
      }
    }
    for (Op op : graph.ops()) {
      if (op instanceof Conv2d conv) {
        if (isProjection(conv)) {
          precise.add(conv.src());
        }
        if (conv.add() != null && readers(conv.dst()).noneMatch(Conv2d.class::isInstance)) {
          precise.add(conv.add());
        }
      }
    }
    precise.retainAll(cheap);
    graph.values().stream().filter(value -> value.role() != Role.ACTIVATION).forEach(floating::add);
  }

  private void deepen(Value src, Value dst, int by) {
    Integer depth = depths.get(src);
    if (depth != null && depth + by < FIRST) {
      depths.put(dst, depth + by);
    }
  }

  private Stream<Op> readers(Value value) {
    return readers.getOrDefault(value, List.of()).stream();
  }

  private boolean isProjection(Conv2d conv) {
    return added.contains(conv.dst())
        && readers(conv.dst()).allMatch(op -> op instanceof Conv2d next && adds(next, conv.dst()));
  }

  private static boolean adds(Conv2d conv, Value value) {
    return value.equals(conv.add()) && !value.equals(conv.src());
  }

  /**
   * The values of a graph that {@link #quantize} needs scales for, in the graph's order: what
   * quantised convolutions read.
   */
  public static List<Value> scaled(Graph graph) {
    Quantization quantization = new Quantization(graph, Map.of());
    return graph.values().stream().filter(quantization::isScaled).toList();
  }

  /** The convolutions of a graph that {@link #quantize} replaces, in the graph's order. */
  public static List<Conv2d> convolutions(Graph graph) {
    Quantization quantization = new Quantization(graph, Map.of());
    List<Conv2d> convolutions = new ArrayList<>();
    for (Op op : graph.ops()) {
      if (op instanceof Conv2d conv && quantization.isQuantized(conv)) {
        convolutions.add(conv);
      }
    }
    return convolutions;
  }

  /** The values of the graph that cannot be negative, so that U8 holds them. */
  public static Set<Value> notNegative(Graph graph) {
    return Set.copyOf(new Quantization(graph, Map.of()).notNegative);
  }

  /**
   * The graph with quantised convolutions.
   *
   * @param graph of F32 values, without gradients
   * @param scales what 1 stands for in the integers of each {@linkplain #scaled scaled} value, by
   *     name
   * @throws IllegalArgumentException if a scale is missing or not positive
   */
  public static Graph quantize(Graph graph, Map<String, Double> scales) {
    Quantization quantization = new Quantization(graph, scales);
    graph.ops().forEach(quantization::rewrite);
    graph.outputs().forEach(quantization::floating);
    return new Graph(quantization.ops, graph.outputs());
  }

  private boolean keepsFromNegative(Op op) {
    return switch (op) {
      case Conv2d conv -> conv.relu();
      case BatchNormInference norm -> norm.relu();
      case Relu _ -> true;
      case MaxPool2d _, AvgPool2d _, GlobalAvgPool _, ZeroPadShortcut _ ->
          notNegative.contains(op.inputs().getFirst());
      default -> false;
    };
  }

  /** Whether a value is needed as integers: quantised convolutions read it. */
  private boolean isScaled(Value value) {
    return readers(value)
        .anyMatch(op -> op instanceof Conv2d conv && isQuantized(conv) && value.equals(conv.src()));
  }

  /** Whether a convolution is computed by integers: all that read its weights are, or none. */
  private boolean isQuantized(Conv2d conv) {
    return !outputs.contains(conv.weights())
        && readers(conv.weights())
            .allMatch(
                op ->
                    op instanceof Conv2d other
                        && other.weights().equals(conv.weights())
                        && !other.inputs().getFirst().equals(conv.weights())
                        && canBeQuantized(other));
  }

  private boolean canBeQuantized(Conv2d conv) {
    return !depths.containsKey(conv.src())
        && !precise.contains(conv.src())
        && conv.weights().role() == Role.PARAMETER
        && (conv.bias() == null || conv.bias().role() == Role.PARAMETER)
        && conv.dst().dtype() == DType.F32;
  }

  /** Whether the result of a quantised convolution is rounded as it is stored. */
  private boolean isRounded(Value dst) {
    return isScaled(dst) && !(added.contains(dst) && cheap.contains(dst));
  }

  private void rewrite(Op op) {
    switch (op) {
      case Conv2d conv when isQuantized(conv) -> ops.add(quantized(conv));
      default -> {
        op.inputs().forEach(this::floating);
        floating.addAll(op.outputs());
        ops.add(op);
      }
    }
  }

  private QuantizedConv2d quantized(Conv2d conv) {
    Value weights = conv.weights();
    QuantizedConv2d quantized =
        QuantizedConv2d.of(
            conv,
            integers(conv.src()),
            Value.parameter(weights.name(), weights.shape(), DType.S8),
            Value.parameter(weights.name() + SCALE, Shape.of(weights.shape().dim(0))),
            scale(conv.src()));
    Value add = conv.add();
    if (add != null && !floating.contains(add)) {
      quantized = quantized.withAdd(integers(add), scale(add));
    }
    Value dst = conv.dst();
    if (!isRounded(dst)) {
      floating.add(dst);
      return quantized;
    }
    Value rounded = integersOf(dst, notNegative.contains(dst) ? DType.U8 : DType.S8);
    integers.put(dst, rounded);
    return quantized.withDst(rounded, scale(dst));
  }

  /** The integers of a value, made from its floating numbers where nothing computes them. */
  private Value integers(Value value) {
    Value known = integers.get(value);
    if (known != null) {
      return known;
    }
    Value integers = integersOf(value, notNegative.contains(value) ? DType.U8 : DType.S8);
    this.integers.put(value, integers);
    ops.add(new Quantize(value, integers, scale(value)));
    return integers;
  }

  private static Value integersOf(Value value, DType type) {
    return Value.activation(value.name() + ".integers", value.shape(), type);
  }

  /** Sees to it that the floating numbers of a value are there. */
  private void floating(Value value) {
    if (floating.add(value)) {
      Value integers = this.integers.get(value);
      if (integers == null) {
        throw new IllegalArgumentException("Quantization: nothing computes " + value);
      }
      ops.add(new Dequantize(integers, value, scale(value)));
    }
  }

  private double scale(Value value) {
    Double scale = scales.get(value.name());
    if (scale == null) {
      throw new IllegalArgumentException("Quantization: there is no scale for " + value);
    }
    return scale;
  }
}
