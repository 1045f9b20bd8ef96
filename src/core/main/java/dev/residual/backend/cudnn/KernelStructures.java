package dev.residual.backend.cudnn;

import dev.residual.bindings.kernels.cuda.CudaKernels;
import java.lang.foreign.StructLayout;

/** The layouts of the structures that our CUDA kernels take, by their names in C. */
final class KernelStructures {
  private static final String PACKAGE = CudaKernels.class.getPackageName() + ".";

  private KernelStructures() {}

  /**
   * The layout of a structure.
   *
   * @throws IllegalArgumentException if there is none of this name
   */
  static StructLayout layout(String structure) {
    try {
      Class<?> generated =
          Class.forName(PACKAGE + structure, true, CudaKernels.class.getClassLoader());
      return (StructLayout) generated.getMethod("layout").invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("our CUDA kernels have no structure " + structure, e);
    }
  }
}
