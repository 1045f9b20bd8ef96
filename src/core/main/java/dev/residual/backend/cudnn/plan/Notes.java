package dev.residual.backend.cudnn.plan;

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
   * Does nothing if such an engine may be used.
   *
   * @throws PlanRefusal if not
   */
  void check(PlanSettings settings) {
    if (numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION())) {
      throw new PlanRefusal("its sums are less precise than float");
    }
    if (!settings.tf32() && numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS())) {
      throw new PlanRefusal("it rounds its operands");
    }
    if (settings.deterministic()
        && numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC())) {
      throw new PlanRefusal("its results differ from run to run");
    }
  }

  boolean isDeterministic() {
    return !numerical.contains(Cudnn.CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC());
  }

  boolean isCompiledAtRuntime() {
    return behavior.contains(Cudnn.CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION());
  }
}
