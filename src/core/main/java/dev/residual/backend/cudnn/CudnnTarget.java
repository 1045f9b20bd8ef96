package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.engine.Communicator;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.program.Target;
import dev.residual.graph.Graph;

/** A GPU, with the settings of a compilation. */
record CudnnTarget(CudnnDevice device, CompileOptions options) implements Target<CudaMemory> {

  @Override
  public CudaMemory memory() {
    return new CudaMemory(device.cuda(), options.communicator());
  }

  @Override
  public CudnnLowering lowering(Graph graph, CudaMemory memory) {
    return new CudnnLowering(graph, device, device.planner(options), memory);
  }

  @Override
  public Communicator communicator(CudaMemory memory) {
    Communicator processes = memory.processes();
    return processes == null ? Communicator.ALONE : processes;
  }

  /** The driver's calls go to the device that is current to the thread. */
  @Override
  public void enter() {
    device.cuda().enter();
  }
}
