package dev.residual.backend.onednn;

import dev.residual.bindings.onednn.OpenMp;
import dev.residual.engine.Communicator;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.program.ProgramSession;
import dev.residual.engine.program.Target;
import dev.residual.graph.Graph;

/** oneDNN and Residual's own kernels on the processor, with the settings of a compilation. */
record OneDnnTarget(KernelSettings settings, Communicator communicator)
    implements Target<HostMemory> {

  /** Compiles a graph. */
  static Session compile(Graph graph, CompileOptions options, boolean kernels) {
    int threads = TeamSize.of(graph, Math.min(options.threads(), OpenMp.mostThreads()));
    KernelSettings settings = new KernelSettings(threads, kernels, options);
    return ProgramSession.compile(graph, new OneDnnTarget(settings, options.communicator()));
  }

  /** Compiles a graph with settings that leave less to chance, for as many threads as they say. */
  static Session compile(Graph graph, KernelSettings settings) {
    return ProgramSession.compile(graph, new OneDnnTarget(settings, Communicator.ALONE));
  }

  @Override
  public HostMemory memory() {
    return new HostMemory(settings);
  }

  @Override
  public OneDnnLowering lowering(Graph graph, HostMemory memory) {
    return OneDnnLowering.open(graph, memory.scope(), settings);
  }

  @Override
  public Communicator communicator(HostMemory memory) {
    return communicator;
  }

  /** The number of threads is each thread's own. */
  @Override
  public void enter() {
    OpenMp.setThreads(settings.threads());
  }
}
