package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.train.Sgd;
import dev.residual.train.TinyNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The tables of a training step, whose updates are one launch. */
@ExtendWith(SoftwareDevice.class)
class KernelTablesTest {

  @Test
  void tablesAreCopiedWhenWhatTheyPointAtMoves() {
    Graph graph = TinyNetwork.trainingGraph(4, new Sgd(0.9, 1e-4)).graph();
    Value parameter = graph.values(Role.PARAMETER).getFirst();
    CudaMemory memory = new CudaMemory(CudaDevice.open(0));
    try (Session session = SoftwareDevice.backend().compile(graph)) {
      assertThat(copies(session)).isPositive();
      assertThat(copies(session)).isZero();
      session.bind(parameter, memory.slab("a parameter", parameter.bytes()));
      assertThat(copies(session)).isEqualTo(1);
      assertThat(copies(session)).isZero();
    } finally {
      memory.close();
    }
  }

  private static long copies(Session session) {
    long before = SoftwareDevice.get("copies");
    session.run();
    session.finish();
    return SoftwareDevice.get("copies") - before;
  }
}
