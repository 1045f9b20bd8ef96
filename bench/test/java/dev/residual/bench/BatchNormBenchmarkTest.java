package dev.residual.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.BatchNorm;
import dev.residual.graph.Graph;
import dev.residual.graph.passes.Fusion;
import dev.residual.nn.Mode;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Param;

class BatchNormBenchmarkTest {

  @Test
  void parametersAreTheFusedBatchNormsOfResNet50() throws NoSuchFieldException {
    Param param = BatchNormBenchmark.class.getField("shape").getAnnotation(Param.class);
    Graph training = NetworkTask.parse("resnet50 x 1", "f32", 1).model(Mode.TRAINING).graph();
    assertThat(param.value())
        .containsExactlyInAnyOrderElementsOf(
            Fusion.fuse(training, op -> true).ops().stream()
                .filter(BatchNorm.class::isInstance)
                .map(op -> name((BatchNorm) op))
                .distinct()
                .toList());
  }

  private static String name(BatchNorm op) {
    return "ic%dih%d%s%s"
        .formatted(
            op.src().shape().dim(1),
            op.src().shape().dim(2),
            op.add() == null ? "" : "+add",
            op.relu() ? "+relu" : "");
  }
}
