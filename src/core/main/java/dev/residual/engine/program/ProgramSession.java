package dev.residual.engine.program;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.engine.GuardedSession;
import dev.residual.engine.MemoryPlan;
import dev.residual.engine.Recorder;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.engine.Work;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A session that runs a program: it plans and takes the memory, places all buffers, and runs the
 * steps one after the other.
 *
 * @param <M> the memory that steps work in
 */
public final class ProgramSession<M extends Memory> extends GuardedSession {
  private final Target<M> target;
  private final M memory;
  private final Map<Value, Layout> layouts = new HashMap<>();
  private final Map<Value, Buffer> buffers = new HashMap<>();
  private final ParameterStore parameters;
  private final Runnable[] checks;
  private final Map<Value, MemorySegment> mirrors;
  private final Step[] preparation;
  private final Step[] steps;
  private final Execution execution;
  private final Recorder recorder;
  private final long bytes;
  private final StagedBindings<MemorySegment> staged = new StagedBindings<>(new Copies());
  private final MemorySegment scalar = MemorySegment.ofArray(new float[1]);

  /** Whether a parameter lies in memory of the caller's who changes it without a word. */
  private boolean isRewritten;

  /** Why this can only be closed; null while it can do more. */
  private @Nullable RuntimeException failure;

  /** Between memory of the host and that of a device. */
  private final class Copies implements StagedBindings.Copies<MemorySegment> {
    @Override
    public void in(Value value, MemorySegment host) {
      Layout layout = layout(value);
      take(value, host, layout);
    }

    @Override
    public void out(Value value, MemorySegment host) {
      Layout layout = layout(value);
      memory.copyOut(value, buffer(value).segment(), layout, host, layout);
    }
  }

  private ProgramSession(Target<M> target, M memory, Graph graph, @Nullable ParameterStore shared) {
    super(graph);
    this.target = target;
    this.memory = memory;
    try (Lowering lowering = target.lowering(graph, memory)) {
      Program program = new Program(graph, lowering, target.communicator(memory));
      for (Value value : graph.values()) {
        layouts.put(value, lowering.layout(value));
        buffers.put(value, program.buffer(value));
      }
      checks = program.checks();
      preparation = program.preparation();
      steps = program.steps();
      execution = memory.execution(steps);
      mirrors = program.mirrors();
      recorder = new Recorder(program.works());
      Slab own = own(lowering, program);
      Slab kept = kept(program);
      bytes = own.bytes() + kept.bytes();
      long needed = shared == null ? bytes : own.bytes();
      // Memory is granted before it is touched, so both slabs are asked for at once.
      if (needed > memory.available()) {
        throw new MemoryNeed(graph, lowering, program, shared == null)
            .shortage(memory, needed, memory.available());
      }
      own.place(memory.slab("activations of the session", own.bytes()));
      parameters = shared == null ? new ParameterStore(target.memory(), kept) : shared.share(kept);
    }
  }

  /**
   * Compiles a graph; what a failure leaves half done is undone.
   *
   * @throws UnsupportedOpException if the target cannot run an operation
   */
  public static <M extends Memory> ProgramSession<M> compile(Graph graph, Target<M> target) {
    return compile(graph, target, null);
  }

  private static <M extends Memory> ProgramSession<M> compile(
      Graph graph, Target<M> target, @Nullable ParameterStore shared) {
    target.enter();
    M memory = target.memory();
    try {
      return new ProgramSession<>(target, memory, graph, shared);
    } catch (Throwable e) {
      closeAfter(e, memory::close);
      throw e;
    }
  }

  private static void closeAfter(Throwable failure, Runnable close) {
    try {
      close.run();
    } catch (RuntimeException suppressed) {
      failure.addSuppressed(suppressed);
    }
  }

  private Slab own(Lowering lowering, Program program) {
    Slab slab = new Slab();
    MemoryPlan plan =
        MemoryPlan.of(lowering.uses(graph()), graph().outputs(), program::plannedBytes);
    lowering.check(plan);
    plan.offsets()
        .forEach(
            (value, offset) -> {
              if (!program.isPlaced(value)) {
                slab.put(program.buffer(value), offset);
              }
            });
    graph().values(Role.INPUT).forEach(value -> slab.add(program.buffer(value)));
    program.workspaces().forEach(slab::add);
    return slab;
  }

  private Slab kept(Program program) {
    Slab slab = new Slab();
    graph().values(Role.PARAMETER).forEach(value -> slab.add(program.buffer(value)));
    graph().values(Role.STATE).forEach(value -> slab.add(program.buffer(value)));
    program.kept().forEach(slab::add);
    return slab;
  }

  @Override
  public Layout layout(Value value) {
    requireKnown(value);
    return Objects.requireNonNull(layouts.get(value));
  }

  @Override
  public List<Work> steps() {
    return recorder.works();
  }

  @Override
  protected void copyIn(Value value, MemorySegment data, Layout layout) {
    requireUnfailed();
    try {
      take(value, data, layout);
      staged.written(value);
      if (value.role() == Role.PARAMETER || value.role() == Role.STATE) {
        // Forks, each with a queue of its own, read it when this returns.
        memory.finish();
      }
    } catch (RuntimeException e) {
      throw explained(e, false);
    }
    noteChange(value);
  }

  /** Copies elements in, and into the copy that the host keeps. */
  private void take(Value value, MemorySegment data, Layout layout) {
    memory.copyIn(value, data, layout, buffer(value).segment(), layout(value));
    MemorySegment mirror = mirrors.get(value);
    if (mirror != null) {
      LayoutCopy.copy(value, data, layout, mirror, layout(value));
    }
  }

  @Override
  protected void copyOut(Value value, MemorySegment data, Layout layout) {
    requireUnfailed();
    try {
      staged.reading(value);
      memory.copyOut(value, buffer(value).segment(), layout(value), data, layout);
    } catch (RuntimeException e) {
      throw explained(e, false);
    }
  }

  @Override
  protected double scalar(Value value) {
    if (value.dtype() != DType.F32) {
      throw new IllegalArgumentException(value + " is not F32");
    }
    copyOut(value, scalar, Layout.ROW_MAJOR);
    return scalar.get(JAVA_FLOAT, 0);
  }

  @Override
  protected boolean isDeviceMemory(MemorySegment segment) {
    return memory.isDevice(segment);
  }

  @Override
  protected String deviceFault(Value value, MemorySegment segment) {
    return memory.fault(segment, value.bytes());
  }

  @Override
  protected void place(Value value, MemorySegment segment) {
    // What is under way works where the value lies now.
    await();
    Buffer buffer = buffer(value);
    MemorySegment before = buffer.segment();
    if (memory.isDevice() && !isDeviceMemory(segment)) {
      buffer.unbind();
      staged.bind(value, segment, isUpdated(value));
    } else {
      // Of a device, addresses are all that steps know.
      buffer.bind(memory.isDevice() ? segment.asSlice(0, 0) : segment);
      staged.unbind(value);
    }
    isRewritten |= value.role() == Role.PARAMETER && isUpdated(value);
    if (!buffer.segment().equals(before)) {
      execution.forget();
    }
    noteChange(value);
  }

  @Override
  protected void placeAgain(Value value) {
    staged.bindAgain(value);
    noteChange(value);
  }

  @Override
  protected void execute() {
    requireUnfailed();
    try {
      target.enter();
      staged.beforeRun();
      for (Runnable check : checks) {
        check.run();
      }
      if (isRewritten) {
        parameters.change();
      }
      parameters.prepare(preparation, memory);
      memory.begin();
      if (recorder.isOn()) {
        recorder.run(steps, memory::finish);
      } else {
        execution.run();
      }
      staged.afterRun();
    } catch (RuntimeException e) {
      throw explained(e, true);
    }
  }

  @Override
  protected void await() {
    requireUnfailed();
    try {
      memory.finish();
    } catch (RuntimeException e) {
      throw explained(e, false);
    }
  }

  /** A failure of a call, or of work that was queued before. */
  private RuntimeException explained(RuntimeException e, boolean isRun) {
    RuntimeException end = memory.end(e, recorder.works(), isRun);
    if (end == null) {
      return e;
    }
    failure = end;
    return end;
  }

  private void requireUnfailed() {
    if (failure != null) {
      throw new IllegalStateException(
          "the session can only be closed, for it failed: " + failure.getMessage(), failure);
    }
  }

  @Override
  protected GuardedSession share() {
    ProgramSession<M> fork = compile(graph(), target, parameters);
    try {
      // A fork has a queue of its own.
      await();
      for (Role role : new Role[] {Role.PARAMETER, Role.STATE}) {
        graph().values(role).forEach(value -> fork.buffer(value).share(buffer(value)));
      }
      fork.staged.share(staged);
      return fork;
    } catch (Throwable e) {
      closeAfter(e, fork::close);
      throw e;
    }
  }

  @Override
  protected long held() {
    return bytes;
  }

  @Override
  protected void free() {
    try {
      if (failure == null) {
        await();
      }
    } finally {
      release();
    }
  }

  private void release() {
    try {
      memory.close();
    } catch (RuntimeException e) {
      requireTold(e);
    } finally {
      try {
        parameters.release();
      } catch (RuntimeException e) {
        requireTold(e);
      }
    }
  }

  /** A device that failed answers every call with that; it was thrown where it was found. */
  private void requireTold(RuntimeException e) {
    if (failure == null) {
      throw e;
    }
    failure.addSuppressed(e);
  }

  private void noteChange(Value value) {
    if (value.role() == Role.PARAMETER) {
      parameters.change();
    }
  }

  private Buffer buffer(Value value) {
    return Objects.requireNonNull(buffers.get(value));
  }
}
