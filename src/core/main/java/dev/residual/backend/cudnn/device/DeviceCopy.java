package dev.residual.backend.cudnn.device;

import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cuda.StreamCalls;
import java.lang.foreign.MemorySegment;

/**
 * A small table of the host's and its copy in memory of the device.
 *
 * @param host where it is written, while no copy is under way
 * @param address where the device reads it
 * @param stream the queue of its readers
 */
public record DeviceCopy(MemorySegment host, long address, CudaStream stream) {

  /** Queues a copy. */
  public void upload() {
    CudaDriver.check(
        "cuMemcpyHtoDAsync",
        StreamCalls.copyToDevice(address, host.address(), host.byteSize(), stream.address()));
  }
}
