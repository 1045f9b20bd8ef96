package dev.residual.io.attack;

import dev.residual.io.data.DataTargets;
import dev.residual.io.onnx.OnnxTargets;
import dev.residual.io.training.TrainingTargets;
import dev.residual.io.weights.WeightTargets;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** All readers of files that anybody may have made. */
final class AttackTargets {
  private AttackTargets() {}

  static List<AttackTarget> all() throws IOException {
    return Stream.of(
            WeightTargets.all(), OnnxTargets.all(), DataTargets.all(), TrainingTargets.all())
        .flatMap(List::stream)
        .toList();
  }

  /**
   * The target of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static AttackTarget named(String name) throws IOException {
    return all().stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no target is named " + name));
  }
}
