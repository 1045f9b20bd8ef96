package dev.residual.backend.cudnn.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cuda.StreamCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * A GPU of this machine. Its primary context, which the other CUDA libraries of the process share,
 * is kept for as long as the process lives.
 */
public final class CudaDevice {
  private static final Map<Integer, CudaDevice> OPEN = new HashMap<>();

  private final int ordinal;
  private final int handle;
  private final MemorySegment context;
  private final String name;
  private final int computeCapability;
  private final int multiprocessors;
  private final KernelModules kernels;

  private CudaDevice(int ordinal) {
    this.ordinal = ordinal;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      CudaDriver.check("cuDeviceGet", Cuda.cuDeviceGet(out, ordinal));
      handle = out.get(JAVA_INT, 0);
      CudaDriver.check("cuDevicePrimaryCtxRetain", Cuda.cuDevicePrimaryCtxRetain(out, handle));
      context = out.get(ADDRESS, 0);
      MemorySegment text = arena.allocate(256);
      CudaDriver.check("cuDeviceGetName", Cuda.cuDeviceGetName(text, 256, handle));
      name = text.getString(0);
    }
    computeCapability =
        10 * attribute(Cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR(), handle)
            + attribute(Cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR(), handle);
    multiprocessors = attribute(Cuda.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT(), handle);
    enter();
    kernels = new KernelModules(computeCapability);
  }

  /**
   * The device of a number.
   *
   * @param ordinal from 0 on, as the driver counts those that are visible
   * @throws NativeLibraryException if there is no driver, or it is too old
   * @throws IllegalArgumentException if there is no such device
   * @throws NativeException if the driver fails
   */
  public static synchronized CudaDevice open(int ordinal) {
    int count = count();
    if (ordinal < 0 || ordinal >= count) {
      throw new IllegalArgumentException(
          "there is no GPU %d: the driver shows %d, counted from 0; nvidia-smi lists those there are,"
                  .formatted(ordinal, count)
              + " and CUDA_VISIBLE_DEVICES may hide some");
    }
    return OPEN.computeIfAbsent(ordinal, CudaDevice::new);
  }

  /**
   * The number of GPUs.
   *
   * @throws NativeLibraryException if there is no driver, or it is too old
   * @throws NativeException if the driver finds none
   */
  public static int count() {
    CudaDriver.initialize();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_INT);
      CudaDriver.check("cuDeviceGetCount", Cuda.cuDeviceGetCount(out));
      return out.get(JAVA_INT, 0);
    }
  }

  /**
   * A property of a device.
   *
   * @param attribute a {@code CUdevice_attribute}
   * @param handle the device, a {@code CUdevice}
   */
  public static int attribute(int attribute, int handle) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_INT);
      CudaDriver.check("cuDeviceGetAttribute", Cuda.cuDeviceGetAttribute(out, attribute, handle));
      return out.get(JAVA_INT, 0);
    }
  }

  /** Lets this thread call the driver on this device. */
  public void enter() {
    CudaDriver.check("cuCtxSetCurrent", StreamCalls.setContext(context.address()));
  }

  /** The number by which it was opened. */
  public int ordinal() {
    return ordinal;
  }

  /** The name, as {@code NVIDIA H100 80GB HBM3}. */
  public String name() {
    return name;
  }

  /** Ten times the major version of its instructions, and the minor one: 90 for an H100. */
  public int computeCapability() {
    return computeCapability;
  }

  /** How many multiprocessors it has. */
  public int multiprocessors() {
    return multiprocessors;
  }

  /** The bytes of its memory that nobody uses. */
  public long freeMemory() {
    enter();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment free = arena.allocate(JAVA_LONG);
      MemorySegment total = arena.allocate(JAVA_LONG);
      CudaDriver.check("cuMemGetInfo", Cuda.cuMemGetInfo_v2(free, total));
      return free.get(JAVA_LONG, 0);
    }
  }

  /** Our kernels, compiled for it. */
  public KernelModules kernels() {
    return kernels;
  }

  /** A handle that a function of the driver's creates. */
  static MemorySegment create(String function, ToIntFunction<MemorySegment> creation) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      CudaDriver.check(function, creation.applyAsInt(out));
      return out.get(ADDRESS, 0);
    }
  }

  @Override
  public String toString() {
    return "GPU %d, %s, compute capability %d.%d"
        .formatted(ordinal, name, computeCapability / 10, computeCapability % 10);
  }
}
