package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.bindings.AvailableMemory;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.onednn.OpenMp;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.GuardedSession;
import dev.residual.engine.MemoryPlan;
import dev.residual.engine.Recorder;
import dev.residual.engine.Work;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A graph compiled for oneDNN. */
final class OneDnnSession extends GuardedSession {
  private final KernelSettings settings;
  private final NativeScope scope;
  private final Layouts layouts;
  private final Map<Value, Buffer> buffers;
  private final ParameterStore parameters;
  private final Step[] preparation;
  private final Step[] steps;
  private final Recorder recorder;
  private final long bytes;

  private OneDnnSession(
      NativeScope scope, Graph graph, KernelSettings settings, @Nullable ParameterStore shared) {
    super(graph);
    this.scope = scope;
    this.settings = settings;
    OpenMp.setThreads(settings.threads());
    try (NativeScope compilation = NativeScope.open()) {
      Lowering lowering = new Lowering(graph, scope, compilation, settings);
      layouts = lowering.layouts();
      buffers = lowering.buffers();
      preparation = lowering.preparation().toArray(Step[]::new);
      steps = lowering.steps().toArray(Step[]::new);
      recorder = new Recorder(lowering.works());
      Slab own = own(lowering);
      Slab kept = kept(lowering);
      bytes = own.bytes() + kept.bytes();
      requireMemory(lowering, shared == null ? bytes : own.bytes());
      own.place(scope.slab("activations of the session", own.bytes()));
      parameters = shared == null ? new ParameterStore(kept.bytes()) : shared.share();
      kept.place(parameters.slab());
    }
  }

  /** Compiles a graph; what a failure leaves half done is undone. */
  static OneDnnSession compile(Graph graph, CompileOptions options, boolean kernels) {
    int threads = TeamSize.of(graph, Math.min(options.threads(), OpenMp.mostThreads()));
    return compile(graph, new KernelSettings(threads, kernels));
  }

  /** Compiles a graph with settings that leave less to chance, for as many threads as they say. */
  static OneDnnSession compile(Graph graph, KernelSettings settings) {
    return NativeScope.construct(scope -> new OneDnnSession(scope, graph, settings, null));
  }

  /**
   * Memory is granted before it is touched, so both slabs are asked for at once.
   *
   * @param needed the bytes of this session, without what it shares
   */
  private void requireMemory(Lowering lowering, long needed) {
    long available = AvailableMemory.bytes();
    if (needed > available) {
      Slab fixed = needed == bytes ? kept(lowering) : new Slab();
      lowering.workspaces().forEach(fixed::add);
      throw new MemoryNeed(graph(), lowering, fixed.bytes()).shortage(needed, available);
    }
  }

  private Slab own(Lowering lowering) {
    Slab slab = new Slab();
    MemoryPlan plan =
        MemoryPlan.of(
            graph(),
            value -> lowering.buffer(value).bytes(),
            op -> OpLowering.inPlace(lowering, op));
    InPlaceSums.require(plan, lowering.inPlaceSums());
    plan.offsets().forEach((value, offset) -> slab.put(lowering.buffer(value), offset));
    graph().values(Role.INPUT).forEach(value -> slab.add(lowering.buffer(value)));
    lowering.workspaces().forEach(slab::add);
    return slab;
  }

  private Slab kept(Lowering lowering) {
    Slab slab = new Slab();
    graph().values(Role.PARAMETER).forEach(value -> slab.add(lowering.buffer(value)));
    graph().values(Role.STATE).forEach(value -> slab.add(lowering.buffer(value)));
    lowering.constants().forEach(slab::add);
    return slab;
  }

  @Override
  public Layout layout(Value value) {
    requireKnown(value);
    return layouts.of(value);
  }

  @Override
  public List<Work> steps() {
    return recorder.works();
  }

  @Override
  protected void copyIn(Value value, MemorySegment data, Layout layout) {
    LayoutCopy.copy(value, data, layout, buffer(value).segment(), layouts.of(value));
    noteChange(value);
  }

  @Override
  protected void copyOut(Value value, MemorySegment data, Layout layout) {
    LayoutCopy.copy(value, buffer(value).segment(), layouts.of(value), data, layout);
  }

  @Override
  protected double scalar(Value value) {
    if (value.dtype() != DType.F32) {
      throw new IllegalArgumentException(value + " is not F32");
    }
    return buffer(value).segment().get(JAVA_FLOAT, 0);
  }

  @Override
  protected void place(Value value, MemorySegment memory) {
    buffer(value).bind(memory);
    noteChange(value);
  }

  @Override
  protected void placeAgain(Value value) {
    noteChange(value);
  }

  @Override
  protected void execute() {
    OpenMp.setThreads(settings.threads());
    parameters.prepare(preparation);
    if (recorder.isOn()) {
      recorder.run(steps);
      return;
    }
    for (Step step : steps) {
      step.run();
    }
  }

  @Override
  protected GuardedSession share() {
    OneDnnSession fork =
        NativeScope.construct(s -> new OneDnnSession(s, graph(), settings, parameters));
    graph().values(Role.PARAMETER).forEach(v -> fork.buffer(v).share(buffer(v)));
    graph().values(Role.STATE).forEach(v -> fork.buffer(v).share(buffer(v)));
    return fork;
  }

  @Override
  protected long held() {
    return bytes;
  }

  @Override
  protected void free() {
    try {
      scope.close();
    } finally {
      parameters.release();
    }
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
