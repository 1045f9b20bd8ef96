package dev.residual.backend.cudnn.device;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
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

  private record Place(MemorySegment pinned, MemorySegment device, CudaEvent there, CudaEvent used) {}

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

  /**
   * Copies a batch.
   *
   * @param work the queue of the runs
   * @param copies the queue of copies from the host
   * @param fill writes the batch
   * @param memory where it belongs
   */
  void copyIn(
      CudaStream work, CudaStream copies, Consumer<MemorySegment> fill, MemorySegment memory) {
    Place place = places[next];
    next = 1 - next;
    place.used.synchronize();
    fill.accept(place.pinned);
    CudaDriver.check(
        "cuMemcpyHtoDAsync",
        Cuda.cuMemcpyHtoDAsync_v2(
            place.device.address(), place.pinned, bytes, copies.handle()));
    place.there.record(copies);
    work.await(place.there);
    CudaDriver.check(
        "cuMemcpyDtoDAsync",
        Cuda.cuMemcpyDtoDAsync_v2(
            memory.address(), place.device.address(), bytes, work.handle()));
    place.used.record(work);
  }
}
