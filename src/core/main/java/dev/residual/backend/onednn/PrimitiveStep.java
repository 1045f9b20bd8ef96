package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.KernelExecute;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.bindings.onednn.OneDnn;
import dev.residual.bindings.onednn.PrimitiveExecute;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;
import java.lang.foreign.MemorySegment;

/** The execution of a oneDNN primitive with arguments prepared in native memory. */
final class PrimitiveStep implements Step {
  /** Whether an exit of the process waits for primitives under way; the kernels count them. */
  private static final boolean COUNTED = KernelLibrary.isAvailable();

  private final String implementation;
  private final long primitive;
  private final long stream;
  private final int count;
  private final long arguments;
  private final Holds holds;

  PrimitiveStep(
      String implementation, long primitive, long stream, int count, long arguments, Holds holds) {
    this.implementation = implementation;
    this.primitive = primitive;
    this.stream = stream;
    this.count = count;
    this.arguments = arguments;
    this.holds = holds;
  }

  @Override
  public String implementation(Op op) {
    return implementation;
  }

  @Override
  public void run() {
    MemorySegment[] held = holds.segments();
    int status = held.length == 0 ? execute() : execute(held);
    if (status != 0) {
      OneDnn.check("dnnl_primitive_execute", status);
    }
  }

  private int execute() {
    return COUNTED
        ? KernelExecute.execute(primitive, stream, count, arguments)
        : PrimitiveExecute.execute(primitive, stream, count, arguments);
  }

  private int execute(MemorySegment[] held) {
    return COUNTED
        ? KernelExecute.execute(primitive, stream, count, arguments, held)
        : PrimitiveExecute.execute(primitive, stream, count, arguments, held);
  }
}
