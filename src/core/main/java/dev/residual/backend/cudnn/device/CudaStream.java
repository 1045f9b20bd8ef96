package dev.residual.backend.cudnn.device;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cuda.StreamCalls;
import java.lang.foreign.MemorySegment;

/** A queue of work of the device, which runs in order beside other queues. */
public final class CudaStream {
  private static final int NON_BLOCKING = 1;

  private final MemorySegment handle;

  /** A new queue, which the scope destroys. */
  CudaStream(NativeScope scope) {
    handle =
        scope.create(
            "cuStreamCreate",
            CudaDriver::check,
            out -> Cuda.cuStreamCreate(out, NON_BLOCKING),
            Cuda::cuStreamDestroy_v2);
  }

  /** What the libraries call it by. */
  public MemorySegment handle() {
    return handle;
  }

  /** What the libraries call it by, as an address. */
  public long address() {
    return handle.address();
  }

  /** Waits for all work of the queue; throws what went wrong in it. */
  public void synchronize() {
    CudaDriver.check("cuStreamSynchronize", StreamCalls.synchronize(address()));
  }

  /** Whether all work so far is done well, once it is done. */
  boolean isWell() {
    return StreamCalls.synchronize(address()) == 0;
  }

  /** Has the work that is queued from now on wait for what comes before an event. */
  void await(CudaEvent event) {
    CudaDriver.check("cuStreamWaitEvent", StreamCalls.await(address(), event.address()));
  }
}
