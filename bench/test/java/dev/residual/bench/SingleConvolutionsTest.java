package dev.residual.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.nn.Mode;
import dev.residual.tensor.DType;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class SingleConvolutionsTest {

  @Test
  void aTrainingStepHasEachConvolutionAndItsGradients() {
    NetworkTask task = NetworkTask.parse("resnet50 x 2", "f32", 1);
    List<Op> ops =
        SingleConvolutions.of(ResidualFramework.step(task.model(Mode.TRAINING)).graph(), DType.F32);
    assertThat(ops).filteredOn(Conv2d.class::isInstance).hasSize(53);
    assertThat(ops).filteredOn(Conv2dBackwardWeights.class::isInstance).hasSize(53);
    // Images need no gradient.
    assertThat(ops).filteredOn(Conv2dBackwardData.class::isInstance).hasSize(52);
    assertThat(new HashSet<>(ops)).hasSize(23 + 23 + 22);
  }
}
