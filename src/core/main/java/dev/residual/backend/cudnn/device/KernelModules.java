package dev.residual.backend.cudnn.device;

import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.kernels.cuda.CudaKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Our kernels, compiled for one device and loaded when first used, file by file. They stay loaded
 * as long as the process lives.
 */
public final class KernelModules {
  private final KernelCompiler compiler;
  private final Map<String, MemorySegment> modules = new HashMap<>();
  private final Map<String, Long> functions = new HashMap<>();

  KernelModules(int computeCapability) {
    compiler = new KernelCompiler(computeCapability);
  }

  /**
   * The handle of a kernel.
   *
   * @throws IllegalArgumentException if there is none of this name
   * @throws dev.residual.bindings.NativeLibraryException if NVRTC is needed and missing
   */
  public synchronized long function(String kernel) {
    return functions.computeIfAbsent(kernel, this::load);
  }

  private long load(String kernel) {
    String file =
        CudaKernels.sources().entrySet().stream()
            .filter(source -> source.getValue().contains("KERNEL(" + kernel + ")"))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no CUDA kernel " + kernel));
    MemorySegment module = modules.computeIfAbsent(file, this::module);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocateFrom(kernel);
      return CudaDevice.create(
              "cuModuleGetFunction", out -> Cuda.cuModuleGetFunction(out, module, name))
          .address();
    }
  }

  private MemorySegment module(String file) {
    byte[] binary = compiler.compile(file);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment image = arena.allocate(binary.length, ADDRESS.byteSize());
      image.copyFrom(MemorySegment.ofArray(binary));
      return CudaDevice.create("cuModuleLoadData", out -> Cuda.cuModuleLoadData(out, image));
    }
  }
}
