package dev.residual.backend.reference;

import dev.residual.engine.GuardedSession;
import dev.residual.engine.Recorder;
import dev.residual.engine.Work;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A graph over heap arrays; memory that the caller binds is copied in and out around runs. */
final class ReferenceSession extends GuardedSession {
  /** The caller's memory for a value. */
  private record Binding(Buffer buffer, Tensor memory, boolean readBefore, boolean writeAfter) {}

  private final Map<Value, Binding> bound = new LinkedHashMap<>();
  private Binding[] bindings = {};
  private Buffers buffers;
  private final Recorder recorder;
  private Step[] steps;

  ReferenceSession(Graph graph, Buffers buffers) {
    super(graph);
    this.buffers = buffers;
    steps = new Lowering(buffers).lower(graph);
    recorder = new Recorder(graph.ops().stream().map(op -> Work.of(op, "reference")).toList());
  }

  @Override
  public Layout layout(Value value) {
    requireKnown(value);
    return Layout.ROW_MAJOR;
  }

  @Override
  public List<Work> steps() {
    return recorder.works();
  }

  @Override
  protected void copyIn(Value value, MemorySegment data, Layout layout) {
    Buffer buffer = buffers.get(value);
    buffer.load(tensor(value, data), layout);
    Binding binding = bound.get(value);
    if (binding != null) {
      buffer.store(binding.memory, Layout.ROW_MAJOR);
    }
  }

  @Override
  protected void copyOut(Value value, MemorySegment data, Layout layout) {
    Buffer buffer = buffers.get(value);
    Binding binding = bound.get(value);
    if (binding != null) {
      buffer.load(binding.memory, Layout.ROW_MAJOR);
    }
    buffer.store(tensor(value, data), layout);
  }

  @Override
  protected double scalar(Value value) {
    Binding binding = bound.get(value);
    return binding != null ? binding.memory.get(0) : buffers.elements(value)[0];
  }

  @Override
  protected void place(Value value, MemorySegment memory) {
    boolean isOutput = value.role() == Role.ACTIVATION;
    boolean isChanged = isOutput || isUpdated(value);
    boolean isConstant = value.role() == Role.PARAMETER && !isChanged;
    Tensor tensor = tensor(value, memory);
    bound.put(value, new Binding(buffers.get(value), tensor, !isOutput && !isConstant, isChanged));
    bindings = bound.values().toArray(Binding[]::new);
    placeAgain(value);
  }

  @Override
  protected void placeAgain(Value value) {
    Binding binding = bound.get(value);
    if (binding != null && value.role() != Role.ACTIVATION) {
      binding.buffer.load(binding.memory, Layout.ROW_MAJOR);
    }
  }

  @Override
  protected void execute() {
    for (Binding binding : bindings) {
      if (binding.readBefore) {
        binding.buffer.load(binding.memory, Layout.ROW_MAJOR);
      }
    }
    if (recorder.isOn()) {
      recorder.run(steps);
    } else {
      for (Step step : steps) {
        step.run();
      }
    }
    for (Binding binding : bindings) {
      if (binding.writeAfter) {
        binding.buffer.store(binding.memory, Layout.ROW_MAJOR);
      }
    }
  }

  @Override
  protected GuardedSession share() {
    ReferenceSession fork = new ReferenceSession(graph(), new Buffers(graph(), buffers));
    bound.forEach(
        (value, binding) -> {
          if (value.role() == Role.PARAMETER || value.role() == Role.STATE) {
            fork.bound.put(value, binding);
          }
        });
    fork.bindings = fork.bound.values().toArray(Binding[]::new);
    return fork;
  }

  @Override
  protected long held() {
    return buffers.bytes();
  }

  @Override
  protected void free() {
    bound.clear();
    bindings = new Binding[0];
    steps = new Step[0];
    buffers = new Buffers();
  }

  private static Tensor tensor(Value value, MemorySegment data) {
    return new Tensor(value.dtype(), value.shape(), data);
  }
}
