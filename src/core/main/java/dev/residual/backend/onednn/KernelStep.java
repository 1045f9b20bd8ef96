package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.KernelExecute;

/** The execution of one of Residual's own kernels with arguments prepared in native memory. */
final class KernelStep implements Step {
  private final int kernel;
  private final long arguments;

  KernelStep(int kernel, long arguments) {
    this.kernel = kernel;
    this.arguments = arguments;
  }

  @Override
  public void run() {
    KernelExecute.execute(kernel, arguments);
  }
}
