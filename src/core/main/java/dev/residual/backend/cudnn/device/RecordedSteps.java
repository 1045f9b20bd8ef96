package dev.residual.backend.cudnn.device;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cuda.StreamCalls;
import dev.residual.engine.program.Execution;
import java.lang.foreign.MemorySegment;

/**
 * The steps of a session as one CUDA graph: the first run queues them one by one, which loads what
 * is loaded when first used; the second records them; from then on one call launches all.
 */
final class RecordedSteps implements Execution {
  private static final int THREAD_LOCAL = 1;

  private final Execution each;
  private final CudaStream stream;
  private boolean isWarm;
  private MemorySegment recorded = MemorySegment.NULL;

  /**
   * Nothing recorded yet.
   *
   * @param each queues the steps one by one
   */
  RecordedSteps(Execution each, CudaStream stream, NativeScope scope) {
    this.each = each;
    this.stream = stream;
    scope.onClose(this::forget);
  }

  @Override
  public void run() {
    if (!isWarm) {
      each.run();
      isWarm = true;
      return;
    }
    if (recorded.address() == 0) {
      recorded = record();
    }
    CudaDriver.check(
        "cuGraphLaunch", StreamCalls.launchGraph(recorded.address(), stream.address()));
  }

  private MemorySegment record() {
    CudaDriver.check(
        "cuStreamBeginCapture", Cuda.cuStreamBeginCapture_v2(stream.handle(), THREAD_LOCAL));
    MemorySegment graph;
    try {
      each.run();
    } catch (Throwable e) {
      // Ends the capture; what it recorded is of no use.
      abandon(e);
      throw e;
    }
    graph = endCapture();
    try {
      return CudaDevice.create(
          "cuGraphInstantiateWithFlags", out -> Cuda.cuGraphInstantiateWithFlags(out, graph, 0));
    } finally {
      CudaDriver.check("cuGraphDestroy", Cuda.cuGraphDestroy(graph));
    }
  }

  private MemorySegment endCapture() {
    return CudaDevice.create(
        "cuStreamEndCapture", out -> Cuda.cuStreamEndCapture(stream.handle(), out));
  }

  private void abandon(Throwable failure) {
    try {
      MemorySegment graph = endCapture();
      if (graph.address() != 0) {
        CudaDriver.check("cuGraphDestroy", Cuda.cuGraphDestroy(graph));
      }
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public void forget() {
    // Memory that is bound anew at each run is not worth a recording.
    isWarm = false;
    if (recorded.address() != 0) {
      MemorySegment old = recorded;
      recorded = MemorySegment.NULL;
      CudaDriver.check("cuGraphExecDestroy", Cuda.cuGraphExecDestroy(old));
    }
  }
}
