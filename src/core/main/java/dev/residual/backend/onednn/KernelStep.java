package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.KernelExecute;
import dev.residual.graph.Op;
import java.util.Locale;

/** The execution of one of Residual's own kernels with arguments prepared in native memory. */
final class KernelStep implements Step {
  private final int kernel;
  private final long arguments;

  KernelStep(int kernel, long arguments) {
    this.kernel = kernel;
    this.arguments = arguments;
  }

  @Override
  public String implementation(Op op) {
    return "residual:" + op.kind().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  @Override
  public void run() {
    KernelExecute.execute(kernel, arguments);
  }
}
