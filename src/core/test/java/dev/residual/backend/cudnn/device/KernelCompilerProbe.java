package dev.residual.backend.cudnn.device;

import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.kernels.cuda.CudaKernels;
import dev.residual.bindings.nvrtc.NvrtcLibrary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program for tests that start a JVM: compiles our kernels with the installed NVRTC, and prints a
 * line a file, then what the compiler said of it.
 */
public final class KernelCompilerProbe {
  private KernelCompilerProbe() {}

  /** Takes compute capabilities, such as 90. */
  public static void main(String[] arguments) {
    try {
      System.out.println("library: NVRTC " + NvrtcLibrary.version());
    } catch (NativeLibraryException e) {
      System.out.println("library: " + e.getMessage().lines().findFirst().orElse(""));
      return;
    }
    CudaKernels.sources().keySet().parallelStream()
        .filter(file -> file.endsWith(".cu"))
        .forEach(file -> Arrays.stream(arguments).forEach(to -> compile(file, to)));
  }

  private static void compile(String file, String computeCapability) {
    List<String> said = new ArrayList<>();
    byte[] binary =
        new KernelCompiler(Integer.parseInt(computeCapability)).compileAnew(file, said::add);
    System.out.printf(
        "sm_%s %s: %d bytes%n%s", computeCapability, file, binary.length, String.join("", said));
  }
}
