package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.KernelExecute;
import dev.residual.graph.Op;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The execution of one of Residual's own kernels with arguments prepared in native memory. */
final class KernelStep implements Step {
  private final int kernel;
  private final long arguments;
  private final @Nullable String name;

  /** The kernel that is named like the operation. */
  KernelStep(int kernel, long arguments) {
    this(kernel, arguments, null);
  }

  KernelStep(int kernel, long arguments, @Nullable String name) {
    this.kernel = kernel;
    this.arguments = arguments;
    this.name = name;
  }

  @Override
  public String implementation(Op op) {
    return "residual:" + (name == null ? name(op) : name);
  }

  private static String name(Op op) {
    return op.kind().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  @Override
  public void run() {
    KernelExecute.execute(kernel, arguments);
  }
}
