package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.ConvolutionBackwardData;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardFilter;
import dev.residual.backend.cudnn.operation.ConvolutionForward;
import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.Node;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.cudnn.Cudnn;
import java.util.List;

/**
 * What cuDNN says of an engine.
 *
 * @param numerical of its numbers, {@code cudnnBackendNumericalNote_t}
 * @param behavior of its behaviour, {@code cudnnBackendBehaviorNote_t}
 */
record Notes(List<Integer> numerical, List<Integer> behavior) {

  /** More than there are. */
  private static final int MOST = 32;

  /** The notes of an engine that is finalized. */
  static Notes of(Descriptor engine) {
    return new Notes(
        engine.getEnums(
            Cudnn.CUDNN_ATTR_ENGINE_NUMERICAL_NOTE(), Cudnn.CUDNN_TYPE_NUMERICAL_NOTE(), MOST),
        engine.getEnums(
            Cudnn.CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE(), Cudnn.CUDNN_TYPE_BEHAVIOR_NOTE(), MOST));
  }

  /**
   * Does nothing if such an engine may compute a graph.
   *
   * @throws PlanRefusal if not
   */
  void check(OperationGraph graph, PlanSettings settings) {
    if (numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION())) {
      throw new PlanRefusal("its sums are less precise than float");
    }
    if (!settings.tf32()
        && (numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_TENSOR_CORE())
            || numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS()))
        && graph.nodes().stream().anyMatch(Notes::multipliesFloats)) {
      throw new PlanRefusal("it rounds floats to TF32");
    }
    if (settings.deterministic()
        && numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC())) {
      throw new PlanRefusal("its results differ from run to run");
    }
  }

  /** Tensor cores multiply floats as TF32 alone. */
  private static boolean multipliesFloats(Node node) {
    return switch (node) {
      case ConvolutionForward n -> n.w().type() == ElementType.FLOAT;
      case ConvolutionBackwardData n -> n.w().type() == ElementType.FLOAT;
      case ConvolutionBackwardFilter n -> n.dy().type() == ElementType.FLOAT;
      default -> false;
    };
  }

  boolean isDeterministic() {
    return !numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC());
  }

  boolean isCompiledAtRuntime() {
    return behavior.contains(Cudnn.CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION());
  }
}
