package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.KernelExecute;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The execution of one of Residual's own kernels with arguments prepared in native memory. */
final class KernelStep implements Step {
  private final int kernel;
  private final long arguments;
  private final Holds holds;
  private final @Nullable String name;

  /**
   * The step.
   *
   * @param name of the implementation; like the operation's, if null
   */
  KernelStep(int kernel, long arguments, Holds holds, @Nullable String name) {
    this.kernel = kernel;
    this.arguments = arguments;
    this.holds = holds;
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
    MemorySegment[] held = holds.segments();
    if (held.length == 0) {
      KernelExecute.execute(kernel, arguments);
    } else {
      KernelExecute.execute(kernel, arguments, held);
    }
  }
}
