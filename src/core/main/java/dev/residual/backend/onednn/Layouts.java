package dev.residual.backend.onednn;

import dev.residual.graph.Add;
import dev.residual.graph.AllReduce;
import dev.residual.graph.Cast;
import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Op;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The layout of each value: images and what is computed from them lie channels last, parameters,
 * convolution weights and their gradients row-major. Where an operation takes a parameter for an
 * image, it finds a copy in the other layout.
 */
final class Layouts {
  private final Set<Value> rowMajor = new HashSet<>();

  Layouts(Graph graph) {
    for (Value value : graph.values()) {
      if (value.shape().rank() != 4
          || value.role() == Role.PARAMETER
          || value.role() == Role.STATE) {
        rowMajor.add(value);
      }
    }
    for (Op op : graph.ops()) {
      Value weights = op instanceof Conv2dBackwardWeights conv ? conv.diffWeights() : weights(op);
      if (weights != null) {
        rowMajor.add(weights);
      }
    }
    graph.ops().forEach(this::follow);
  }

  /** Lets results of elementwise operations on row-major values be row-major too. */
  private void follow(Op op) {
    boolean elementwise =
        switch (op) {
          case Add _,
              Cast _,
              Relu _,
              ReluBackward _,
              Eltwise _,
              EltwiseBackward _,
              Quantize _,
              Dequantize _ ->
              true;
          default -> false;
        };
    if (op instanceof AllReduce reduce) {
      for (int i = 0; i < reduce.srcs().size(); i++) {
        if (rowMajor.contains(reduce.srcs().get(i))) {
          rowMajor.add(reduce.dsts().get(i));
        }
      }
    }
    if (elementwise && op.inputs().stream().allMatch(rowMajor::contains)) {
      rowMajor.addAll(op.outputs());
    }
  }

  /**
   * The operands that an operation wants in another layout than they lie in, and that layout: all
   * its images channels last, unless it takes its operands as they are.
   */
  Map<Value, Layout> others(Op op) {
    return switch (op) {
      case ParameterUpdate update -> others(List.of(update.gradient()), of(update.parameter()));
      case Lerp lerp -> others(List.of(lerp.source()), of(lerp.target()));
      case AllReduce _,
          LossScaleUpdate _,
          GradientClip _,
          Reshape _,
          Concat _,
          ConcatBackward _,
          Cast _,
          Quantize _,
          Dequantize _ ->
          Map.of();
      case Add _ when rowMajor.containsAll(op.outputs()) -> Map.of();
      case Relu _, ReluBackward _, Eltwise _, EltwiseBackward _
          when rowMajor.containsAll(op.outputs()) ->
          others(op.inputs(), Layout.ROW_MAJOR);
      default -> {
        Value weights = weights(op);
        List<Value> images = op.inputs().stream().filter(v -> !v.equals(weights)).toList();
        yield others(images, Layout.CHANNELS_LAST);
      }
    };
  }

  private Map<Value, Layout> others(List<Value> values, Layout wanted) {
    return values.stream()
        .filter(value -> value.shape().rank() == 4 && of(value) != wanted)
        .distinct()
        .collect(Collectors.toMap(Function.identity(), value -> wanted));
  }

  /** What an operation multiplies its images by, if it does. */
  static @Nullable Value weights(Op op) {
    return switch (op) {
      case Conv2d conv -> conv.weights();
      case QuantizedConv2d conv -> conv.weights();
      case Conv2dBackwardData conv -> conv.weights();
      case Linear linear -> linear.weights();
      case LinearBackwardData linear -> linear.weights();
      default -> null;
    };
  }

  Layout of(Value value) {
    return rowMajor.contains(value) ? Layout.ROW_MAJOR : Layout.CHANNELS_LAST;
  }
}
