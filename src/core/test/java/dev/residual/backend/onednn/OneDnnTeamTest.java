package dev.residual.backend.onednn;

import dev.residual.BackendContract;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;

/** The contract on three threads, though none of its graphs is worth them. */
class OneDnnTeamTest extends BackendContract {
  private static final int THREADS = 3;

  @Override
  protected Backend backend() {
    return new Team(new OneDnnBackend());
  }

  private record Team(OneDnnBackend backend) implements Backend {

    @Override
    public String name() {
      return backend.name();
    }

    @Override
    public boolean supports(Op op) {
      return backend.supports(op);
    }

    @Override
    public Session compile(Graph graph, CompileOptions options) {
      return OneDnnTarget.compile(graph, new KernelSettings(THREADS, KernelLibrary.isAvailable()));
    }
  }
}
