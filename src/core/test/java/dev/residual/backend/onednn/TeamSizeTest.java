package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Mode;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TeamSizeTest {

  @ParameterizedTest(name = "{0}, {1} images, at most {2} threads: {3}")
  @CsvSource({
    "resnet20-cifar, 1, 2, 1",
    "resnet20-cifar, 8, 2, 2",
    "resnet20-cifar, 8, 1, 1",
    "resnet20-cifar, 128, 16, 16",
    "resnet50, 1, 16, 16",
  })
  void givesEachThreadWorkInTheMeanOperation(String network, int images, int limit, int threads) {
    Graph graph = ResNet.named(network).model(Mode.INFERENCE, images, DType.F32).graph();
    assertThat(TeamSize.of(BatchNormFolding.fold(graph), limit)).isEqualTo(threads);
  }

  @Test
  void isOneForAGraphWithoutOperations() {
    assertThat(TeamSize.of(new Graph(List.<Op>of(), List.of()), 8)).isEqualTo(1);
  }
}
