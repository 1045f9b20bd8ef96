package dev.residual.backend.cudnn.device;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cuda.StreamCalls;
import java.lang.foreign.MemorySegment;
import java.util.function.LongFunction;

/**
 * Two places on the way of an input to the device: while a run reads one batch, the next is copied.
 *
 * <p>A batch goes to memory of the host that the device can read, from there to the device on a
 * queue of its own, and to its place when the runs before are done with that.
 */
final class InputStaging {
  private final Place[] places;
  private final long bytes;
  private int next;

  private record Place(
      MemorySegment pinned, MemorySegment device, CudaEvent there, CudaEvent used) {}

  /**
   * Staging of an input.
   *
   * @param scope owns the memory
   * @param allocate gives memory of the device
   */
  InputStaging(NativeScope scope, LongFunction<MemorySegment> allocate, long bytes) {
    this.bytes = bytes;
    places = new Place[] {place(scope, allocate), place(scope, allocate)};
  }

  private Place place(NativeScope scope, LongFunction<MemorySegment> allocate) {
    PinnedMemory pinned = new PinnedMemory();
    scope.onClose(pinned::close);
    return new Place(
        pinned.of(bytes), allocate.apply(bytes), CudaEvent.of(scope), CudaEvent.of(scope));
  }

  /** Waits until the device has read what is at the next place. */
  void free() {
    places[next].used.synchronize();
  }

  /** Where the next batch is to be written, when that is free. */
  MemorySegment next() {
    return places[next].pinned;
  }

  /**
   * Queues the copies of what was written.
   *
   * @param work the queue of the runs
   * @param copies the queue of copies from the host
   * @param memory where it belongs
   */
  void send(CudaStream work, CudaStream copies, MemorySegment memory) {
    Place place = places[next];
    next = 1 - next;
    CudaDriver.check(
        "cuMemcpyHtoDAsync",
        StreamCalls.copyToDevice(
            place.device.address(), place.pinned.address(), bytes, copies.address()));
    place.there.record(copies);
    work.await(place.there);
    CudaDriver.check(
        "cuMemcpyDtoDAsync",
        StreamCalls.copyOnDevice(memory.address(), place.device.address(), bytes, work.address()));
    place.used.record(work);
  }
}
