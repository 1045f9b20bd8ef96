package dev.residual.backend.onednn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.residual.bindings.AvailableMemory;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.onednn.OpenMp;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.MemoryPlan;
import dev.residual.engine.Recorder;
import dev.residual.engine.Session;
import dev.residual.engine.SessionGuard;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A graph compiled for oneDNN. */
final class OneDnnSession implements Session {
  private final Graph graph;
  private final KernelSettings settings;
  private final SessionGuard guard = new SessionGuard();
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
    this.scope = scope;
    this.graph = graph;
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
      if (shared == null) {
        requireMemory(lowering);
      }
      own.place(scope.slab("activations of the session", own.bytes()));
      parameters = shared == null ? new ParameterStore(kept.bytes()) : shared.share();
      kept.place(parameters.slab());
    }
  }

  /** Compiles a graph; what a failure leaves half done is undone. */
  static OneDnnSession compile(Graph graph, CompileOptions options, boolean kernels) {
    return compile(graph, new KernelSettings(options.threads(), kernels));
  }

  /** Compiles a graph with settings that leave less to chance. */
  static OneDnnSession compile(Graph graph, KernelSettings settings) {
    return NativeScope.construct(scope -> new OneDnnSession(scope, graph, settings, null));
  }

  /** Memory is granted before it is touched, so both slabs are asked for at once. */
  private void requireMemory(Lowering lowering) {
    long available = AvailableMemory.bytes();
    if (bytes > available) {
      Slab fixed = kept(lowering);
      lowering.workspaces().forEach(fixed::add);
      throw new MemoryNeed(graph, lowering, fixed.bytes()).shortage(bytes, available);
    }
  }

  private Slab own(Lowering lowering) {
    Slab slab = new Slab();
    MemoryPlan plan =
        MemoryPlan.of(
            graph, value -> lowering.buffer(value).bytes(), op -> OpLowering.inPlace(lowering, op));
    requireInPlace(plan, lowering.inPlaceSums());
    plan.offsets().forEach((value, offset) -> slab.put(lowering.buffer(value), offset));
    graph.values(Role.INPUT).forEach(value -> slab.add(lowering.buffer(value)));
    lowering.workspaces().forEach(slab::add);
    return slab;
  }

  /** The primitives that add to their destination were chosen before the plan was made. */
  private static void requireInPlace(MemoryPlan plan, Map<Value, Value> sums) {
    sums.forEach(
        (dst, add) -> {
          if (!Objects.equals(plan.offsets().get(dst), plan.offsets().get(add))) {
            throw new IllegalStateException(dst + " was not placed over " + add);
          }
        });
  }

  private Slab kept(Lowering lowering) {
    Slab slab = new Slab();
    graph.values(Role.PARAMETER).forEach(value -> slab.add(lowering.buffer(value)));
    graph.values(Role.STATE).forEach(value -> slab.add(lowering.buffer(value)));
    lowering.constants().forEach(slab::add);
    return slab;
  }

  @Override
  public Graph graph() {
    return graph;
  }

  @Override
  public Layout layout(Value value) {
    buffer(value);
    return layouts.of(value);
  }

  @Override
  public void write(Value value, MemorySegment data, Layout layout) {
    guard.enter();
    try {
      MemorySegment segment = buffer(value).segment();
      if (value.role() == Role.ACTIVATION) {
        throw new IllegalArgumentException(value + " is computed and cannot be written");
      }
      requireFit(value, data, layout);
      LayoutCopy.copy(value, data, layout, segment, layouts.of(value));
      noteChange(value);
    } finally {
      guard.exit();
    }
  }

  @Override
  public void read(Value value, MemorySegment data, Layout layout) {
    guard.enter();
    try {
      MemorySegment segment = readable(value).segment();
      requireFit(value, data, layout);
      LayoutCopy.copy(value, segment, layouts.of(value), data, layout);
    } finally {
      guard.exit();
    }
  }

  @Override
  public double readScalar(Value value) {
    guard.enter();
    try {
      if (value.shape().elements() != 1 || value.dtype() != DType.F32) {
        throw new IllegalArgumentException(value + " is not a floating scalar");
      }
      return readable(value).segment().get(JAVA_FLOAT, 0);
    } finally {
      guard.exit();
    }
  }

  @Override
  public void bind(Value value, MemorySegment memory) {
    guard.enter();
    try {
      Buffer buffer = readable(value);
      if (!memory.isNative()
          || memory.byteSize() != value.bytes()
          || memory.address() % MemoryPlan.ALIGNMENT != 0) {
        throw new IllegalArgumentException(
            "%s needs %d bytes of off-heap memory aligned to %d, given %s"
                .formatted(value, value.bytes(), MemoryPlan.ALIGNMENT, memory));
      }
      buffer.place(memory);
      noteChange(value);
    } finally {
      guard.exit();
    }
  }

  @Override
  public void run() {
    guard.enter();
    try {
      OpenMp.setThreads(settings.threads());
      parameters.prepare(preparation);
      if (recorder.isOn()) {
        recorder.run(steps);
        return;
      }
      for (Step step : steps) {
        step.run();
      }
    } finally {
      guard.exit();
    }
  }

  @Override
  public Session fork() {
    guard.enter();
    try {
      if (!graph.updated().isEmpty()) {
        throw new IllegalStateException(
            "a session whose graph updates parameters or states cannot fork");
      }
      OneDnnSession fork =
          NativeScope.construct(s -> new OneDnnSession(s, graph, settings, parameters));
      graph.values(Role.PARAMETER).forEach(v -> fork.buffer(v).place(buffer(v).segment()));
      graph.values(Role.STATE).forEach(v -> fork.buffer(v).place(buffer(v).segment()));
      return fork;
    } finally {
      guard.exit();
    }
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (guard.close()) {
      try {
        scope.close();
      } finally {
        parameters.release();
      }
    }
  }

  private void noteChange(Value value) {
    if (value.role() == Role.PARAMETER) {
      parameters.change();
    }
  }

  private Buffer buffer(Value value) {
    Buffer buffer = buffers.get(value);
    if (buffer == null) {
      throw new IllegalArgumentException(value + " is not in the graph");
    }
    return buffer;
  }

  private Buffer readable(Value value) {
    Buffer buffer = buffer(value);
    if (value.role() == Role.ACTIVATION && !graph.outputs().contains(value)) {
      throw new IllegalArgumentException(
          value + " is no output of the graph, so its memory is reused");
    }
    return buffer;
  }

  private static void requireFit(Value value, MemorySegment data, Layout layout) {
    if (data.byteSize() != value.bytes()) {
      throw new IllegalArgumentException(
          "%s has %d bytes, given %d".formatted(value, value.bytes(), data.byteSize()));
    }
    if (layout == Layout.CHANNELS_LAST && value.shape().rank() != 4) {
      throw new IllegalArgumentException(
          value + " has no channels-last layout, only values of rank 4 have");
    }
  }
}
