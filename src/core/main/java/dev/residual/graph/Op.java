package dev.residual.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An operation of a graph: which values it reads and writes, and its settings.
 *
 * <p>Operations are immutable data. A constructor checks shapes and throws {@link
 * IllegalArgumentException} naming the operation, its values and what was expected. Consumers
 * switch over the sealed set exhaustively.
 */
public sealed interface Op
    permits AdaptiveAvgPool2d,
        AdaptiveAvgPool2dBackward,
        Add,
        AllReduce,
        AvgPool2d,
        AvgPool2dBackward,
        BatchNorm,
        BatchNormBackward,
        BatchNormInference,
        BiasGradient,
        Binary,
        Cast,
        Concat,
        ConcatBackward,
        Conv2d,
        Conv2dBackwardData,
        Conv2dBackwardWeights,
        Dequantize,
        Dropout,
        DropoutBackward,
        Eltwise,
        EltwiseBackward,
        GlobalAvgPool,
        GlobalAvgPoolBackward,
        GradientClip,
        Lerp,
        Linear,
        LinearBackwardData,
        LinearBackwardWeights,
        LocalResponseNorm,
        LossScaleUpdate,
        MaxPool2d,
        MaxPool2dBackward,
        Normalize,
        Pad,
        ParameterUpdate,
        Quantize,
        QuantizedConv2d,
        Relu,
        ReluBackward,
        Reshape,
        Slice,
        Softmax,
        SoftmaxCrossEntropy,
        SoftmaxCrossEntropyBackward,
        TopK,
        Transpose,
        ZeroPadShortcut,
        ZeroPadShortcutBackward {

  /** The values read. */
  List<Value> inputs();

  /** The values computed. */
  List<Value> outputs();

  /** The parameters and states changed in place; empty for most operations. */
  default List<Value> updates() {
    return List.of();
  }

  /**
   * The same operation on other values.
   *
   * @param values gives the new value for an old one; called once for each component that has a
   *     value, in the order of the record's components
   * @throws IllegalArgumentException if their shapes or types do not fit the operation
   */
  Op map(UnaryOperator<Value> values);

  /** The name of the kind of operation, as {@code Conv2d}. */
  default String kind() {
    return getClass().getSimpleName();
  }

  /** The values that are present, in order. */
  static List<Value> present(@Nullable Value... values) {
    List<Value> present = new ArrayList<>();
    for (Value value : values) {
      if (value != null) {
        present.add(value);
      }
    }
    return List.copyOf(present);
  }
}
