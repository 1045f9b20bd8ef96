package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.plan.DeviceDescription;
import dev.residual.backend.cudnn.plan.Plan;
import dev.residual.backend.cudnn.plan.Planner;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.inference.Network;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is said of a graph on a device, without cuDNN. */
class DeviceProgramTest {
  private static final DeviceDescription H100 = DeviceDescription.of("h100");

  /** A device on which cuDNN has no plan for anything. */
  private static final class NoPlans implements Planner {
    private final List<OperationGraph> prepared = new ArrayList<>();

    @Override
    public Optional<Plan> plan(OperationGraph graph) {
      assertThat(prepared).contains(graph);
      return Optional.empty();
    }

    @Override
    public String refusal(OperationGraph graph) {
      return "not " + graph.nodes().getFirst().getClass().getSimpleName();
    }

    @Override
    public void prepare(java.util.Collection<OperationGraph> graphs) {
      prepared.addAll(graphs);
    }

    @Override
    public void close() {}
  }

  private static Graph training(String name, int batch, DType precision) {
    return TrainingGraph.of(ResNet.named(name).training(batch), new Sgd(0.9, 1e-4), 0)
        .withPrecision(precision)
        .fused(CudnnBackend::canRun)
        .graph();
  }

  /** Counted by hand for the published fusions: 273.4 and 56.6 MB in halves, twice in floats. */
  @Test
  void theBoundIsThatOfAllFusions() {
    assertThat(Traffic.bound(training("resnet50", 256, DType.F16)) / 256e6)
        .isCloseTo(273.4, within(3.0));
    assertThat(Traffic.bound(training("resnet50", 256, DType.F32)) / 256e6)
        .isCloseTo(545.0, within(10.0));
    Graph inference =
        Network.graph(ResNet.named("resnet50").inference(256), DType.F16, CudnnBackend::canRun);
    assertThat(Traffic.bound(inference) / 256e6).isCloseTo(56.6, within(2.0));
  }

  @Test
  void whatHasNoPlanIsCountedAndTold() {
    Graph graph = training("resnet20-cifar", 8, DType.F16);
    DeviceProgram program = DeviceProgram.of(graph, H100, new NoPlans(), Launches.ALL);
    long products =
        graph.ops().stream()
            .filter(
                op ->
                    op instanceof Conv2d
                        || op instanceof Conv2dBackwardData
                        || op instanceof Conv2dBackwardWeights
                        || op instanceof Linear
                        || op instanceof LinearBackwardData
                        || op instanceof LinearBackwardWeights
                        || op instanceof BatchNorm
                        || op instanceof BatchNormBackward)
            .count();
    assertThat(program.unplanned()).isEqualTo((int) products);
    for (DeviceProgram.Row row : program.rows()) {
      assertThat(row.implementation()).startsWith("cuda:");
      assertThat(row.engine()).isEmpty();
      assertThat(row.bytes()).as("%s", row).isPositive();
      if (row.op() instanceof Conv2d) {
        assertThat(row.refusal()).isEqualTo("not ConvolutionForward");
      }
    }
    long bytes = program.rows().stream().mapToLong(DeviceProgram.Row::bytes).sum();
    assertThat(bytes).isGreaterThan(program.bound());
    assertThat(program.memory()).isGreaterThan(graph.values().iterator().next().bytes());
    assertThat(program.seconds()).isGreaterThan(bytes / H100.memoryBandwidth());
  }

  /** Where arithmetic binds, as of floats without tensor cores. */
  @Test
  void theSlowerOfMemoryAndArithmeticIsPredicted() {
    Graph floats = training("resnet50", 32, DType.F32);
    double seconds = DeviceProgram.of(floats, H100, new NoPlans(), 1).seconds();
    assertThat(32 / seconds).isBetween(500.0, 1_800.0);
  }
}
