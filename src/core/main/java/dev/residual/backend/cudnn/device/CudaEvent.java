package dev.residual.backend.cudnn.device;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cuda.StreamCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A mark in a queue. */
public final class CudaEvent {
  private static final int WITHOUT_TIME = 2;

  private final MemorySegment handle;

  private CudaEvent(NativeScope scope, int flags) {
    handle =
        scope.create(
            "cuEventCreate",
            CudaDriver::check,
            out -> Cuda.cuEventCreate(out, flags),
            Cuda::cuEventDestroy_v2);
  }

  /** A mark to wait for, which the scope destroys. */
  static CudaEvent of(NativeScope scope) {
    return new CudaEvent(scope, WITHOUT_TIME);
  }

  /** A mark that tells the time, which the scope destroys. */
  public static CudaEvent timed(NativeScope scope) {
    return new CudaEvent(scope, 0);
  }

  /** What the libraries call it by. */
  long address() {
    return handle.address();
  }

  /** Puts the mark behind the work of a queue. */
  public void record(CudaStream stream) {
    CudaDriver.check("cuEventRecord", StreamCalls.record(address(), stream.address()));
  }

  /** Waits until the work before the mark is done; returns at once if it was never put anywhere. */
  public void synchronize() {
    CudaDriver.check("cuEventSynchronize", StreamCalls.synchronizeEvent(address()));
  }

  /** The seconds from another mark to this one, both passed. */
  public double secondsSince(CudaEvent start) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_FLOAT);
      CudaDriver.check("cuEventElapsedTime", Cuda.cuEventElapsedTime(out, start.handle, handle));
      return out.get(JAVA_FLOAT, 0) / 1e3;
    }
  }
}
