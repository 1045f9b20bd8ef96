package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.NativeScope;

/**
 * A way to run an operation graph: an engine of cuDNN and its settings, finalized.
 *
 * <p>It lives until its {@link Planner} is closed. It is bound to no handle, stream or memory: any
 * number of {@link BoundPlan}s may run it at the same time.
 */
public final class Plan {
  private final NativeScope scope;
  private final OperationGraph graph;
  private final EngineChoice choice;
  private final Notes notes;
  private final Descriptor descriptor;
  private final long workspaceBytes;

  /** A plan that owns a scope. */
  Plan(
      NativeScope scope,
      OperationGraph graph,
      EngineChoice choice,
      Notes notes,
      Descriptor descriptor,
      long workspaceBytes) {
    this.scope = scope;
    this.graph = graph;
    this.choice = choice;
    this.notes = notes;
    this.descriptor = descriptor;
    this.workspaceBytes = workspaceBytes;
  }

  /**
   * What it computes: the graph it was made for. Graphs of the same signature, whose tensors have
   * other names, share it.
   */
  public OperationGraph graph() {
    return graph;
  }

  /** The engine and its settings, as {@code engine 38 2:14 13:1}: type and value of each. */
  public String engine() {
    return choice.toString();
  }

  /** The bytes of device memory that it needs beside the operands. */
  public long workspaceBytes() {
    return workspaceBytes;
  }

  /** Whether its results repeat bit for bit, as cuDNN says. */
  public boolean isDeterministic() {
    return notes.isDeterministic();
  }

  /** Whether its kernels were compiled when it was made, rather than carried by cuDNN. */
  public boolean isCompiledAtRuntime() {
    return notes.isCompiledAtRuntime();
  }

  /** This plan for one place of a program, with memory to be given; the caller closes it. */
  public BoundPlan bind() {
    return new BoundPlan(this);
  }

  /**
   * Puts this plan's work into the stream of a handle, once. What runs often is {@link #bind bound}
   * instead.
   *
   * @param handle the address of the handle
   * @param pointers the addresses of the {@link OperationGraph#arguments arguments}, in their order
   * @param workspace the address of {@link #workspaceBytes} bytes; 0 if there are none
   */
  public void execute(long handle, long[] pointers, long workspace) {
    try (BoundPlan bound = bind()) {
      bound.point(pointers, workspace);
      bound.execute(handle);
    }
  }

  /** The address of the descriptor. */
  long address() {
    if (scope.isClosed()) {
      throw new IllegalStateException("the planner of this plan is closed: " + this);
    }
    return descriptor.handle().address();
  }

  EngineChoice choice() {
    return choice;
  }

  void close() {
    scope.close();
  }

  @Override
  public String toString() {
    return "%s, workspace %,d bytes".formatted(choice, workspaceBytes);
  }
}
