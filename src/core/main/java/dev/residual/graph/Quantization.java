package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pass that lets the convolutions of an inference graph compute with 8-bit integers.
 *
 * <p>Each {@link Conv2d} with weights of its own becomes a {@link QuantizedConv2d}, whose weights
 * keep their name as S8 and get a scale for each output channel, named with {@link #SCALE} behind.
 * Those that read the images stay floating, and so do those that read what these compute, through
 * max pooling or not: they are a small part of the work, and what is lost there is lost to all
 * others, and amplified. Values that pass from one to the next stay 8-bit integers: U8 where they
 * cannot be negative, S8 otherwise. Where other operations begin, {@link Dequantize} stands
 * between, and {@link Quantize} where they end. Fold batch norms and fuse ReLUs and adds into
 * convolutions first: what is left stays floating.
 */
public final class Quantization {
  /** What the name of weights has behind it in the name of their scales. */
  public static final String SCALE = ".scale";

  private final Map<String, Double> scales;
  private final Map<Value, List<Op>> readers = new HashMap<>();
  private final Set<Value> images = new HashSet<>();
  private final Set<Value> stem = new HashSet<>();
  private final Set<Value> notNegative = new HashSet<>();
  private final Map<Value, Value> integers = new HashMap<>();
  private final Set<Value> floating = new HashSet<>();
  private final List<Op> ops = new ArrayList<>();

  private Quantization(Graph graph, Map<String, Double> scales) {
    this.scales = scales;
    images.addAll(graph.values(Role.INPUT));
    for (Op op : graph.ops()) {
      op.inputs().forEach(value -> readers.computeIfAbsent(value, v -> new ArrayList<>()).add(op));
      if (keepsFromNegative(op)) {
        notNegative.addAll(op.outputs());
      }
      switch (op) {
        case Normalize colours -> images.add(colours.dst());
        case Conv2d conv when images.contains(conv.src()) -> stem.add(conv.dst());
        case MaxPool2d pool when stem.contains(pool.src()) -> stem.add(pool.dst());
        default -> {}
      }
    }
    graph.values().stream().filter(value -> value.role() != Role.ACTIVATION).forEach(floating::add);
  }

  /**
   * The values of a graph that {@link #quantize} needs scales for, in the graph's order: what
   * quantised convolutions read, add or write for each other.
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

  /** Whether a value of the graph cannot be negative, so that U8 holds it. */
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

  /** Whether a value is held as integers: quantised convolutions read or add it. */
  private boolean isScaled(Value value) {
    return readers.getOrDefault(value, List.of()).stream()
        .anyMatch(
            op ->
                op instanceof Conv2d conv
                    && isQuantized(conv)
                    && (value.equals(conv.src()) || value.equals(conv.add())));
  }

  private boolean isQuantized(Conv2d conv) {
    return !images.contains(conv.src())
        && !stem.contains(conv.src())
        && conv.weights().role() == Role.PARAMETER
        && (conv.bias() == null || conv.bias().role() == Role.PARAMETER)
        && conv.dst().dtype() == DType.F32;
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
    Value src = integers(conv.src());
    Value add = conv.add() == null ? null : integers(conv.add());
    Value dst = conv.dst();
    boolean rounded = isScaled(dst);
    if (rounded) {
      dst = integersOf(dst, notNegative.contains(dst) ? DType.U8 : DType.S8);
      integers.put(conv.dst(), dst);
    } else {
      floating.add(dst);
    }
    Value weights = conv.weights();
    return new QuantizedConv2d(
        src,
        Value.parameter(weights.name(), weights.shape(), DType.S8),
        Value.parameter(weights.name() + SCALE, Shape.of(weights.shape().dim(0))),
        conv.bias(),
        add,
        dst,
        conv.window(),
        conv.groups(),
        conv.relu(),
        scale(conv.src()),
        conv.add() == null ? 1 : scale(conv.add()),
        rounded ? scale(conv.dst()) : 1);
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
