package dev.residual.backend.onednn;

import dev.residual.OpCases;
import dev.residual.RandomInputs;
import dev.residual.engine.Session;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.passes.Fusion;
import dev.residual.tensor.DType;

/** A program for tests that start a JVM: uses the CPU backend and says what it made of it. */
public final class BackendProbe {
  private static final String CASE = "residual network, one training step";

  private BackendProbe() {}

  /** Prints whether add is fused, and the loss of one step, for each of two backends. */
  public static void main(String[] arguments) {
    Graph graph = OpCases.named(CASE).graph(DType.F32);
    for (int i = 0; i < 2; i++) {
      OneDnnBackend backend = new OneDnnBackend();
      Graph fused = Fusion.fuse(graph, backend::supports);
      boolean fusesAdd = fused.ops().stream().anyMatch(BackendProbe::hasAdd);
      try (Session session = backend.compile(fused)) {
        RandomInputs.of(graph, 1).forEach(session::write);
        session.run();
        System.out.println(
            "fuses add: " + fusesAdd + ", loss: " + session.readScalar(graph.value("loss")));
      }
    }
  }

  private static boolean hasAdd(Op op) {
    return op instanceof BatchNorm norm && norm.add() != null;
  }
}
