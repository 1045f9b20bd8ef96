package dev.residual.backend.cudnn.device;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cuda.Cuda;
import java.lang.foreign.MemorySegment;

/**
 * What the driver knows of the memory at an address that a caller gives; one question at a time.
 */
final class DevicePointer {
  private final CudaDevice device;
  private final MemorySegment answer;

  /** Asks for a device. */
  DevicePointer(CudaDevice device, NativeScope scope) {
    this.device = device;
    answer = scope.allocate(JAVA_LONG.byteSize(), JAVA_LONG.byteSize());
  }

  /** Whether there is memory of a device. */
  boolean isOnDevice(long address) {
    return answers(Cuda.CU_POINTER_ATTRIBUTE_MEMORY_TYPE(), address)
        && answer.get(JAVA_INT, 0) == Cuda.CU_MEMORYTYPE_DEVICE();
  }

  /**
   * Why there are no such bytes of this device, in words that follow "which"; empty if there are.
   */
  String fault(long address, long bytes) {
    if (!isOnDevice(address)) {
      return "is no memory of " + device;
    }
    if (answers(Cuda.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL(), address)
        && answer.get(JAVA_INT, 0) != device.ordinal()) {
      return "is memory of GPU %d, expected %s".formatted(answer.get(JAVA_INT, 0), device);
    }
    if (answers(Cuda.CU_POINTER_ATTRIBUTE_RANGE_START_ADDR(), address)) {
      long end = answer.get(JAVA_LONG, 0);
      if (answers(Cuda.CU_POINTER_ATTRIBUTE_RANGE_SIZE(), address)) {
        long left = end + answer.get(JAVA_LONG, 0) - address;
        return left < bytes ? "ends after %d bytes".formatted(left) : "";
      }
    }
    return "";
  }

  /** The driver refuses to answer for memory that it has never heard of. */
  private boolean answers(int attribute, long address) {
    device.enter();
    return Cuda.cuPointerGetAttribute(answer, attribute, address) == Cuda.CUDA_SUCCESS();
  }
}
