package dev.residual.backend.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.bindings.LibraryVersion;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibrary;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cudnn.CudnnLibrary;
import dev.residual.bindings.nccl.NcclLibrary;
import dev.residual.bindings.nvrtc.NvrtcLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * NVIDIA's libraries in this process and the GPUs of this machine, as far as they concern a user.
 *
 * @param driver the driver
 * @param cudnn cuDNN
 * @param nvrtc the compiler of our kernels
 * @param nccl what several processes sum with
 * @param gpus those that the driver shows
 * @param noGpu why there are none; empty if there are, or there is no driver
 */
public record CudnnRuntime(
    Library driver, Library cudnn, Library nvrtc, Library nccl, List<Gpu> gpus, String noGpu) {

  private static final int NAME_BYTES = 256;

  /**
   * A library.
   *
   * @param version as it reports it
   * @param location the file, or what the system's loader was asked for
   * @param wrong why it does not serve, as {@link NativeLibraryException} puts it; empty if it does
   */
  public record Library(String version, String location, String wrong) {}

  /**
   * A GPU.
   *
   * @param number as the driver counts, from 0
   * @param computeCapability as {@code 9.0}
   * @param memoryBytes all of its memory
   */
  public record Gpu(int number, String name, String computeCapability, long memoryBytes) {}

  /** Copies the list. */
  public CudnnRuntime {
    gpus = List.copyOf(gpus);
  }

  /** Looks at everything; what is missing is told, and nothing thrown. */
  public static CudnnRuntime look() {
    Library driver = library(CudaDriver::library, CudaDriver::version);
    List<Gpu> gpus = new ArrayList<>();
    String noGpu = "";
    if (driver.wrong().isEmpty()) {
      try {
        int count = CudaDevice.count();
        for (int i = 0; i < count; i++) {
          gpus.add(gpu(i));
        }
      } catch (NativeException e) {
        noGpu = String.valueOf(e.getMessage());
      }
    }
    return new CudnnRuntime(
        driver,
        library(CudnnLibrary::library, CudnnLibrary::version),
        library(NvrtcLibrary::library, NvrtcLibrary::version),
        library(NcclLibrary::library, NcclLibrary::version),
        gpus,
        noGpu);
  }

  private static Library library(
      Supplier<NativeLibrary> library, Supplier<LibraryVersion> version) {
    try {
      String location = library.get().location();
      return new Library(version.get().toString(), location, "");
    } catch (NativeLibraryException | NativeException e) {
      return new Library("", "", String.valueOf(e.getMessage()));
    }
  }

  /** Asks the driver alone: a context would take memory of the GPU, which may be full. */
  private static Gpu gpu(int number) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      CudaDriver.check("cuDeviceGet", Cuda.cuDeviceGet(out, number));
      int handle = out.get(JAVA_INT, 0);
      MemorySegment name = arena.allocate(JAVA_BYTE, NAME_BYTES);
      CudaDriver.check("cuDeviceGetName", Cuda.cuDeviceGetName(name, NAME_BYTES, handle));
      CudaDriver.check("cuDeviceTotalMem", Cuda.cuDeviceTotalMem_v2(out, handle));
      long memory = out.get(JAVA_LONG, 0);
      String capability =
          CudaDevice.attribute(Cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR(), handle)
              + "."
              + CudaDevice.attribute(Cuda.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR(), handle);
      return new Gpu(number, name.getString(0), capability, memory);
    }
  }

  /**
   * How cuDNN describes a GPU that is there, as JSON for {@code DeviceDescription}, with the width
   * of its memory.
   *
   * @throws NativeLibraryException if a library is missing
   * @throws NativeException if the driver finds no GPU
   * @throws IllegalArgumentException if there is no GPU of this number
   */
  public static String describe(int number) {
    String json = CudnnDevice.open(number).description().json().strip();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(JAVA_LONG);
      CudaDriver.check("cuDeviceGet", Cuda.cuDeviceGet(out, number));
      int width =
          CudaDevice.attribute(
              Cuda.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH(), out.get(JAVA_INT, 0));
      return json.substring(0, json.lastIndexOf('}')).stripTrailing()
          + ",\"memoryBusWidth\":"
          + width
          + "}";
    }
  }
}
