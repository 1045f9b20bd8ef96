package dev.residual.probe;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cudnn.Cudnn;
import dev.residual.bindings.cudnn.CudnnLibrary;
import dev.residual.bindings.nccl.Nccl;
import dev.residual.bindings.nccl.NcclLibrary;
import dev.residual.bindings.nccl.ncclUniqueId;
import dev.residual.bindings.nvrtc.Nvrtc;
import dev.residual.bindings.nvrtc.NvrtcLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program for tests that start a JVM: loads NVIDIA's libraries and says what came of each.
 *
 * <p>Its arguments say what to do, one after the other.
 */
public final class LoadCuda {

  private LoadCuda() {}

  static void main(String[] arguments) {
    for (String what : arguments) {
      try {
        System.out.println(what + ": " + did(what));
      } catch (NativeLibraryException | NativeException | IllegalStateException e) {
        System.out.println(what + ": " + e.getMessage());
      }
    }
  }

  private static String did(String what) {
    return switch (what) {
      case "driver" -> {
        CudaDriver.initialize();
        yield CudaDriver.version() + " from " + CudaDriver.library().location();
      }
      case "stub" -> {
        CudaDriver.loadStub();
        yield "loaded";
      }
      case "nvrtc" -> NvrtcLibrary.version() + " from " + NvrtcLibrary.library().location();
      case "cudnn" -> CudnnLibrary.version() + " from " + CudnnLibrary.library().location();
      case "nccl" -> NcclLibrary.version() + " from " + NcclLibrary.library().location();
      case "nccl-symbols" -> "without " + absent(Nccl.class);
      case "nccl-rank" -> {
        NcclLibrary.library();
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment id = ncclUniqueId.allocate(arena);
          NcclLibrary.check(
              "ncclCommInitRank",
              Nccl.ncclCommInitRank(arena.allocate(ValueLayout.ADDRESS), 2, id, 2));
        }
        yield "created";
      }
      case "symbols" -> "without " + absent(Cudnn.class) + absent(Nvrtc.class);
      case "driver-symbols" -> "without " + absent(Cuda.class);
      case "descriptor" -> {
        CudnnLibrary.library();
        try (Arena arena = Arena.ofConfined()) {
          CudnnLibrary.check(
              "cudnnBackendCreateDescriptor",
              Cudnn.cudnnBackendCreateDescriptor(12345, arena.allocate(ValueLayout.ADDRESS)));
        }
        yield "created";
      }
      case "compile" ->
          "%d bytes, %s"
              .formatted(
                  compile("extern \"C\" __global__ void twice(float *x) { x[threadIdx.x] *= 2; }"),
                  NvrtcLibrary.version());
      case "miscompile" ->
          "%d bytes".formatted(compile("extern \"C\" __global__ void f() { int x = nothing; }"));
      default -> throw new IllegalArgumentException(what);
    };
  }

  /** The functions of a generated class that its library lacks. */
  private static List<String> absent(Class<?> generated) {
    return Stream.of(generated.getMethods())
        .filter(method -> method.getName().endsWith("$address"))
        .filter(method -> address(method).address() == 0)
        .map(Method::getName)
        .sorted()
        .toList();
  }

  private static MemorySegment address(Method method) {
    try {
      return (MemorySegment) method.invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long compile(String source) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      MemorySegment none = MemorySegment.NULL;
      NvrtcLibrary.check(
          "nvrtcCreateProgram",
          Nvrtc.nvrtcCreateProgram(
              out, arena.allocateFrom(source), arena.allocateFrom("test.cu"), 0, none, none));
      MemorySegment program = out.get(ValueLayout.ADDRESS, 0);
      MemorySegment options = arena.allocate(ValueLayout.ADDRESS);
      options.set(ValueLayout.ADDRESS, 0, arena.allocateFrom("--gpu-architecture=sm_90"));
      NvrtcLibrary.check(
          "nvrtcCompileProgram", Nvrtc.nvrtcCompileProgram(program, 1, options), program);
      MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
      NvrtcLibrary.check("nvrtcGetCUBINSize", Nvrtc.nvrtcGetCUBINSize(program, size));
      return size.get(ValueLayout.JAVA_LONG, 0);
    }
  }
}
