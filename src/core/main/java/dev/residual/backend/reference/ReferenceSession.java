package dev.residual.backend.reference;

import dev.residual.engine.Recorder;
import dev.residual.engine.Session;
import dev.residual.engine.SessionGuard;
import dev.residual.engine.Work;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** A graph over heap arrays; memory that the caller binds is copied in and out around runs. */
final class ReferenceSession implements Session {
  private static final int ALIGNMENT = 64;

  /** The caller's memory for a value. */
  private record Binding(Buffer buffer, Tensor memory, boolean readBefore, boolean writeAfter) {}

  private final SessionGuard guard = new SessionGuard();
  private final Graph graph;
  private final Set<Value> updated;
  private final Map<Value, Binding> bound = new LinkedHashMap<>();
  private Binding[] bindings = {};
  private Buffers buffers;
  private final Recorder recorder;
  private Step[] steps;

  ReferenceSession(Graph graph, Buffers buffers) {
    this.graph = graph;
    this.buffers = buffers;
    updated = graph.updated();
    steps = new Lowering(buffers).lower(graph);
    recorder = new Recorder(graph.ops().stream().map(op -> Work.of(op, "reference")).toList());
  }

  @Override
  public Graph graph() {
    return graph;
  }

  @Override
  public Layout layout(Value value) {
    requireKnown(value);
    return Layout.ROW_MAJOR;
  }

  @Override
  public void write(Value value, MemorySegment data, Layout layout) {
    guard.enter();
    try {
      requireKnown(value);
      require(value.role() != Role.ACTIVATION, value, "is computed and cannot be written");
      Buffer buffer = buffers.get(value);
      buffer.load(tensor(value, data, layout), layout);
      Binding binding = bound.get(value);
      if (binding != null) {
        buffer.store(binding.memory, Layout.ROW_MAJOR);
      }
    } finally {
      guard.exit();
    }
  }

  @Override
  public void read(Value value, MemorySegment data, Layout layout) {
    guard.enter();
    try {
      requireReadable(value);
      Buffer buffer = buffers.get(value);
      Tensor tensor = tensor(value, data, layout);
      Binding binding = bound.get(value);
      if (binding != null) {
        buffer.load(binding.memory, Layout.ROW_MAJOR);
      }
      buffer.store(tensor, layout);
    } finally {
      guard.exit();
    }
  }

  @Override
  public double readScalar(Value value) {
    guard.enter();
    try {
      requireReadable(value);
      require(
          value.dtype().isFloating() && value.shape().elements() == 1,
          value,
          "is not a floating scalar");
      Binding binding = bound.get(value);
      return binding != null ? binding.memory.get(0) : buffers.elements(value)[0];
    } finally {
      guard.exit();
    }
  }

  @Override
  public void bind(Value value, MemorySegment memory) {
    guard.enter();
    try {
      requireKnown(value);
      boolean isOutput = value.role() == Role.ACTIVATION;
      require(
          !isOutput || graph.outputs().contains(value),
          value,
          "is neither an input, a parameter, a state nor an output");
      require(memory.isNative(), value, "is bound to heap memory, it must be off-heap");
      require(
          memory.address() % ALIGNMENT == 0,
          value,
          "is bound to address 0x"
              + Long.toHexString(memory.address())
              + ", it must be a multiple of "
              + ALIGNMENT);
      boolean isChanged = isOutput || updated.contains(value);
      require(!isChanged || !memory.isReadOnly(), value, "is bound to read-only memory");
      Tensor tensor = tensor(value, memory, Layout.ROW_MAJOR);
      Buffer buffer = buffers.get(value);
      if (!isOutput) {
        buffer.load(tensor, Layout.ROW_MAJOR);
      }
      boolean isConstant = value.role() == Role.PARAMETER && !isChanged;
      bound.put(value, new Binding(buffer, tensor, !isOutput && !isConstant, isChanged));
      bindings = bound.values().toArray(Binding[]::new);
    } finally {
      guard.exit();
    }
  }

  @Override
  public void run() {
    guard.enter();
    try {
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
    } finally {
      guard.exit();
    }
  }

  @Override
  public Session fork() {
    guard.enter();
    try {
      if (!updated.isEmpty()) {
        throw new IllegalStateException(
            "a session that updates %s cannot fork: %s"
                .formatted(updated.iterator().next(), describe()));
      }
      ReferenceSession fork = new ReferenceSession(graph, new Buffers(graph, buffers));
      bound.forEach(
          (value, binding) -> {
            if (value.role() == Role.PARAMETER || value.role() == Role.STATE) {
              fork.bound.put(value, binding);
            }
          });
      fork.bindings = fork.bound.values().toArray(Binding[]::new);
      return fork;
    } finally {
      guard.exit();
    }
  }

  @Override
  public long bytes() {
    guard.enter();
    try {
      return buffers.bytes();
    } finally {
      guard.exit();
    }
  }

  @Override
  public void close() {
    if (guard.close()) {
      bound.clear();
      bindings = new Binding[0];
      steps = new Step[0];
      buffers = new Buffers();
    }
  }

  private void requireReadable(Value value) {
    requireKnown(value);
    require(
        value.role() != Role.ACTIVATION || graph.outputs().contains(value),
        value,
        "is an activation but no output");
  }

  private void requireKnown(Value value) {
    require(graph.contains(value), value, "is not in the graph");
  }

  private void require(boolean condition, Value value, String complaint) {
    if (!condition) {
      throw new IllegalArgumentException("%s %s: %s".formatted(value, complaint, describe()));
    }
  }

  private String describe() {
    return "graph of %d operations with outputs %s".formatted(graph.ops().size(), graph.outputs());
  }

  private Tensor tensor(Value value, MemorySegment data, Layout layout) {
    require(
        data.byteSize() == value.bytes(),
        value,
        "has %d bytes, given %d".formatted(value.bytes(), data.byteSize()));
    require(
        layout == Layout.ROW_MAJOR || value.shape().rank() == 4,
        value,
        "has no channels-last layout, it must have rank 4");
    return new Tensor(value.dtype(), value.shape(), data);
  }
}
