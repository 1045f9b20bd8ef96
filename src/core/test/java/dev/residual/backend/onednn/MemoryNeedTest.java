package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Communicator;
import dev.residual.engine.Session;
import dev.residual.engine.program.Lowering;
import dev.residual.engine.program.Memory;
import dev.residual.engine.program.MemoryNeed;
import dev.residual.engine.program.Program;
import dev.residual.graph.Graph;
import dev.residual.graph.passes.Fusion;
import dev.residual.nn.ResNet;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.Set;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryNeedTest {
  /** Measured choices may differ from batch to batch, and so does the scratch they need. */
  private static final KernelSettings SETTINGS =
      new KernelSettings(1, KernelLibrary.isAvailable(), Set.of(Algorithm.DIRECT));

  private final OneDnnBackend backend = new OneDnnBackend();

  private Graph graph(int batch, boolean training) {
    ResNet network = ResNet.named("resnet20-cifar");
    return training
        ? TrainingGraph.of(network.training(batch), new Sgd(0.9, 1e-4), 0)
            .fused(backend::supports)
            .graph()
        : Fusion.fuse(network.inference(batch).graph(), backend::supports);
  }

  private long bytes(Graph graph) {
    try (Session session = OneDnnTarget.compile(graph, SETTINGS)) {
      return session.bytes();
    }
  }

  private static int largestBatch(Graph graph, long available) {
    return need(graph, (need, _) -> need.largestBatch(available));
  }

  private static String shortage(Graph graph, long available) {
    return need(
        graph,
        (need, memory) -> String.valueOf(need.shortage(memory, 1L << 30, available).getMessage()));
  }

  private static <T> T need(Graph graph, BiFunction<MemoryNeed, Memory, T> action) {
    OneDnnTarget target = new OneDnnTarget(SETTINGS, Communicator.ALONE);
    try (HostMemory memory = target.memory();
        Lowering lowering = target.lowering(graph, memory)) {
      Program program = new Program(graph, lowering, Communicator.ALONE);
      return action.apply(new MemoryNeed(graph, lowering, program, true), memory);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theLargestBatchFitsAndTheNextButOneDoesNot(boolean training) {
    // As many images as the widest layer has channels, which weights have as first extent.
    int batch = 64;
    long available = bytes(graph(batch / 2, training));
    int largest = largestBatch(graph(batch, training), available);
    assertThat(bytes(graph(largest, training))).isLessThanOrEqualTo(available);
    assertThat(bytes(graph(largest + 2, training))).isGreaterThan(available);
  }

  @Test
  void theErrorNamesTheLargestBatch() {
    long available = bytes(graph(32, true));
    assertThat(shortage(graph(64, true), available))
        .contains("out of memory: the session needs 1.00 GiB")
        .matches(".*a smaller batch needs less: 3[0-2] is the largest that fits");
    assertThat(shortage(graph(64, true), 1000)).endsWith("but not even a batch of 1 fits");
  }

  @Test
  void theWholeBatchFitsWhereTheSessionDoes() {
    Graph graph = graph(64, true);
    long available = bytes(graph);
    assertThat(largestBatch(graph, available)).isEqualTo(64);
  }
}
