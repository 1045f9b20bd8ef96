package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.plan.BoundPlan;
import dev.residual.backend.cudnn.plan.Plan;
import dev.residual.engine.program.Buffer;
import dev.residual.engine.program.Step;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** An execution of an operation graph. */
final class GraphStep implements Step {
  private final String implementation;
  private final BoundPlan bound;
  private final long handle;
  private final long[] pointers;
  private long workspace;
  private boolean isMoved = true;

  /**
   * An execution.
   *
   * @param bound what this takes over the pointing of, and its owner closes
   * @param buffers where values lie
   * @param scratch the workspace of the plan
   * @param handle the address of cuDNN's handle
   */
  GraphStep(
      GraphLaunch launch,
      BoundPlan bound,
      Function<Value, Buffer> buffers,
      Buffer scratch,
      long handle) {
    this.bound = bound;
    this.handle = handle;
    Plan plan = bound.plan();
    implementation = launch.implementation() + " " + plan.engine();
    OperationGraph graph = launch.graph();
    List<GraphTensor> arguments = graph.arguments();
    pointers = new long[arguments.size()];
    for (int i = 0; i < pointers.length; i++) {
      int place = i;
      Value value = Objects.requireNonNull(launch.values().get(arguments.get(i).name()));
      buffers
          .apply(value)
          .follow(
              segment -> {
                pointers[place] = segment.address();
                isMoved = true;
              });
    }
    boolean needsWorkspace = plan.workspaceBytes() > 0;
    scratch.follow(
        segment -> {
          workspace = needsWorkspace ? segment.address() : 0;
          isMoved = true;
        });
  }

  @Override
  public void run() {
    if (isMoved) {
      bound.point(pointers, workspace);
      isMoved = false;
    }
    bound.execute(handle);
  }

  @Override
  public String implementation(Op op) {
    return implementation;
  }
}
