package dev.residual.backend.onednn;

import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Reshape;
import dev.residual.graph.Role;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.util.HashSet;
import java.util.Set;

/**
 * The layout of each value: images and what is computed from them lie channels last, parameters,
 * convolution weights and their gradients row-major.
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
      switch (op) {
        case Conv2d conv -> rowMajor.add(conv.weights());
        case QuantizedConv2d conv -> rowMajor.add(conv.weights());
        case Conv2dBackwardData conv -> rowMajor.add(conv.weights());
        case Conv2dBackwardWeights conv -> rowMajor.add(conv.diffWeights());
        case SgdUpdate sgd -> rowMajor.add(sgd.gradient());
        default -> {}
      }
    }
    graph.ops().forEach(this::follow);
  }

  /** Lets results of elementwise operations on row-major values be row-major too. */
  private void follow(Op op) {
    boolean elementwise =
        op.outputs().stream().allMatch(out -> out.shape().equals(op.inputs().getFirst().shape()))
            && !(op instanceof Conv2d
                || op instanceof QuantizedConv2d
                || op instanceof Conv2dBackwardData)
            && !(op instanceof Concat || op instanceof ConcatBackward || op instanceof Reshape);
    if (elementwise && op.inputs().stream().allMatch(rowMajor::contains)) {
      rowMajor.addAll(op.outputs());
    }
  }

  Layout of(Value value) {
    return rowMajor.contains(value) ? Layout.ROW_MAJOR : Layout.CHANNELS_LAST;
  }
}
