package dev.residual.io.onnx;

import dev.residual.graph.Op;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.io.files.FileErrors;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The operations that the nodes of a graph have become so far, and what their names stand for. */
final class Translation {
  /** Elements that small computations have: more than any network needs for its shapes. */
  private static final long MOST_ELEMENTS = 1 << 22;

  private final Map<String, Operand> operands;
  private final Map<String, Integer> reads;
  private final Set<String> names;
  private final List<Op> ops = new ArrayList<>();
  private final Map<String, Tensor> weights = new LinkedHashMap<>();
  private final Map<Value, Held> held = new HashMap<>();
  private final Map<Reshaped, Value> reshaped = new HashMap<>();
  private final Map<Value, Op> writers = new HashMap<>();
  private final Map<MemorySegment, QuantizedConstant> integers = new HashMap<>();
  private final Map<String, String> refused = new HashMap<>();
  private final long[] budget;
  private Rows rows = Rows.SAME;

  private record Reshaped(Value value, Shape shape) {}

  /** The value that holds a constant, under the name that was wanted or another. */
  private record Held(Value value, MemorySegment elements) {}

  /**
   * An empty translation.
   *
   * @param names of all values in the file, which no other value may have
   * @param reads how many nodes and outputs read each name
   * @param elements that constants may have beside those of small computations
   */
  Translation(Set<String> names, Map<String, Integer> reads, long elements) {
    this(new HashMap<>(), reads, new HashSet<>(names), new long[] {MOST_ELEMENTS + elements});
  }

  private Translation(
      Map<String, Operand> operands, Map<String, Integer> reads, Set<String> names, long[] budget) {
    this.operands = operands;
    this.reads = reads;
    this.names = names;
    this.budget = budget;
  }

  /** An empty translation with the names of this one. */
  Translation apart() {
    Translation apart = new Translation(new HashMap<>(operands), reads, names, budget);
    apart.rows = rows;
    return apart;
  }

  /** The number of images, in the file and now. */
  Rows rows() {
    return rows;
  }

  void rows(Rows other) {
    rows = other;
  }

  List<Op> ops() {
    return ops;
  }

  /** The constants that operations read, by the names of their values. */
  Map<String, Tensor> weights() {
    return weights;
  }

  /**
   * What an input of a node stands for.
   *
   * @throws UnsupportedNodeException if the input is not given, or nothing defines it
   */
  Operand operand(Node node, int input) {
    String name = node.input(input);
    node.require(!name.isEmpty(), "input %d is not given", input);
    return operand(node.toString(), name);
  }

  Operand operand(String reader, String name) {
    Operand operand = operands.get(name);
    if (operand == null) {
      String reason =
          refused.getOrDefault(
              name, "nothing before it defines %s".formatted(FileErrors.quote(name)));
      throw new UnsupportedNodeException(reader + ": " + reason);
    }
    return operand;
  }

  /** Whether all inputs of a node are constants. */
  boolean isConstant(Node node) {
    for (int i = 0; i < node.inputs(); i++) {
      if (node.has(i) && operand(node, i).constant() == null) {
        return false;
      }
    }
    return true;
  }

  /** The constant that an input is; null if it is not given. */
  @Nullable Tensor constant(Node node, int input) {
    if (!node.has(input)) {
      return null;
    }
    Tensor constant = operand(node, input).constant();
    node.require(constant != null, "input %d is computed, and must be constant", input);
    return constant;
  }

  /** The whole numbers of a constant input; null if it is not given. */
  @Nullable List<Long> integers(Node node, int input) {
    Tensor constant = constant(node, input);
    if (constant == null) {
      return null;
    }
    node.require(!constant.dtype().isFloating(), "input %d must be integers", input);
    List<Long> integers = new ArrayList<>();
    for (long i = 0; i < constant.shape().elements(); i++) {
      integers.add(Integers.at(constant, i));
    }
    return integers;
  }

  /** The value of a floating input, under its shape. */
  Value value(Node node, int input) {
    return value(floats(node, input));
  }

  /** What a floating input of a node stands for. */
  Operand floats(Node node, int input) {
    Operand operand = operand(node, input);
    Tensor constant = operand.constant();
    DType type = constant == null ? operand.value().dtype() : DType.F32;
    node.require(
        operand.isFloating() && type == DType.F32,
        "input %d is %s, which is supported only where it is constant",
        input,
        constant == null ? type : constant.dtype());
    return operand;
  }

  /** The value of an operand, under its shape: a constant becomes a parameter. */
  Value value(Operand operand) {
    Tensor constant = operand.constant();
    return constant != null
        ? parameter(operand.name(), constant)
        : reshaped(operand.name(), operand.value(), operand.shape());
  }

  /** A constant as a parameter; floating ones of other types become F32. */
  Value parameter(String name, Tensor tensor) {
    return held(Value.parameter(name, tensor.shape(), type(tensor)), tensor);
  }

  /** A constant as a state, as running statistics are. */
  Value state(String name, Tensor tensor) {
    return held(Value.state(name, tensor.shape(), type(tensor)), tensor);
  }

  private static DType type(Tensor tensor) {
    return tensor.dtype().isFloating() ? DType.F32 : tensor.dtype();
  }

  private Value held(Value wanted, Tensor tensor) {
    Held known = held.get(wanted);
    if (known != null && known.elements.equals(tensor.data())) {
      return known.value;
    }
    String name = weights.containsKey(wanted.name()) ? unique(wanted.name()) : wanted.name();
    Value value = new Value(name, wanted.shape(), wanted.dtype(), wanted.role());
    held.put(wanted, new Held(value, tensor.data()));
    weights.put(name, tensor.to(value.dtype()));
    return value;
  }

  /** A value under another shape of as many elements. */
  Value reshaped(String name, Value value, Shape shape) {
    if (value.shape().equals(shape)) {
      return value;
    }
    Reshaped key = new Reshaped(value, shape);
    Value known = reshaped.get(key);
    if (known == null) {
      known = Value.activation(unique(name + ".reshaped"), shape, value.dtype());
      add(new Reshape(value, known));
      reshaped.put(key, known);
    }
    return known;
  }

  /** A name that no other value has: this one, or this one with a number. */
  String unique(String name) {
    String free = name;
    for (int i = 1; !names.add(free); i++) {
      free = name + "." + i;
    }
    return free;
  }

  /** Adds an operation, and returns its first result. */
  Value add(Op op) {
    ops.add(op);
    op.outputs().forEach(value -> writers.put(value, op));
    return op.outputs().getFirst();
  }

  /** The operation that computes a value; null if none does. */
  @Nullable Op writer(Value value) {
    return writers.get(value);
  }

  /** Takes an operation away, whose results nothing reads. */
  void remove(Op op) {
    ops.remove(op);
    op.outputs().forEach(writers::remove);
  }

  /** Remembers the integers that stand for the elements of a constant. */
  void keepIntegers(Tensor real, Tensor constant, Scales scales) {
    if (scales.count() == 1 || scales.axis() == 0) {
      integers.put(real.data(), new QuantizedConstant(constant, scales.scales()));
    }
  }

  /** The integers that stand for parameters, by name. */
  Map<String, QuantizedConstant> integers() {
    Map<String, QuantizedConstant> named = new HashMap<>();
    weights.forEach(
        (name, tensor) -> {
          QuantizedConstant constant = integers.get(tensor.data());
          if (constant != null) {
            named.put(name, constant);
          }
        });
    return named;
  }

  /** Whether one node alone reads a name, or it is an output that no node reads. */
  boolean isReadOnce(String name) {
    return reads.getOrDefault(name, 0) == 1;
  }

  /** Counts elements that a constant gets, against files that would fill the memory. */
  void charge(Node node, long elements) {
    budget[0] -= elements;
    node.require(budget[0] >= 0, "the constants are larger than those of any network");
  }

  /** Defines the first output of a node as a computed value. */
  void define(Node node, Value value) {
    define(Operand.computed(node.output(), value));
  }

  /** Defines the first output of a node as a constant. */
  void define(Node node, Tensor tensor) {
    charge(node, tensor.shape().elements());
    define(Operand.constant(node.output(), tensor));
  }

  /** Defines a name. */
  void define(Operand operand) {
    operands.put(operand.name(), operand);
  }

  /** Notes an output that a translator leaves out, in case something reads it. */
  void refuseUnlessDefined(Node node, int output) {
    String name = node.output(output);
    if (!operands.containsKey(name)) {
      refused.put(
          name,
          "output %d of %s is not supported, which is %s"
              .formatted(output, node, FileErrors.quote(name)));
    }
  }

  @Nullable Operand find(String name) {
    return operands.get(name);
  }
}
