package dev.residual.backend.cudnn.device;

import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import java.lang.foreign.MemorySegment;

/** Memory of the host that the device reads and writes while the host goes on; it only grows. */
final class PinnedMemory implements AutoCloseable {
  private MemorySegment segment = MemorySegment.NULL;

  /** Memory of at least this many bytes; what they held before is lost where more are needed. */
  MemorySegment of(long bytes) {
    if (segment.byteSize() < bytes) {
      close();
      segment = CudaDriver.allocateHost(bytes);
    }
    return segment;
  }

  @Override
  public void close() {
    if (segment.byteSize() > 0) {
      MemorySegment old = segment;
      segment = MemorySegment.NULL;
      CudaDriver.check("cuMemFreeHost", Cuda.cuMemFreeHost(old));
    }
  }
}
