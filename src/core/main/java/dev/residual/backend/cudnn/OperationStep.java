package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.bindings.NativeException;
import dev.residual.engine.Work;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;

/**
 * A step of an operation, which failures name.
 *
 * @param memory whose queue the step's work goes to
 */
record OperationStep(Op op, Step step, CudaMemory memory) implements Step {

  @Override
  public void run() {
    try {
      step.run();
      if (memory.isSynchronous()) {
        memory.finish();
      }
    } catch (NativeException e) {
      throw e.with("at the step " + Work.of(op, implementation(op)));
    }
  }

  @Override
  public String implementation(Op lowered) {
    return step.implementation(lowered);
  }
}
