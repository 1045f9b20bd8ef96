package dev.residual.backend.reference;

import dev.residual.engine.Communicator;
import dev.residual.engine.GuardedSession;
import dev.residual.engine.Recorder;
import dev.residual.engine.Work;
import dev.residual.engine.program.StagedBindings;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A graph over heap arrays; memory that the caller binds is copied in and out around runs. */
final class ReferenceSession extends GuardedSession {
  private final StagedBindings<Tensor> bindings = new StagedBindings<>(new Copies());
  private final Communicator communicator;
  private Buffers buffers;
  private final Recorder recorder;
  private Step[] steps;
  private final Runnable[] checks;

  /** Between the caller's memory and arrays. */
  private final class Copies implements StagedBindings.Copies<Tensor> {
    @Override
    public void in(Value value, Tensor memory) {
      buffers.get(value).load(memory, Layout.ROW_MAJOR);
    }

    @Override
    public void out(Value value, Tensor memory) {
      buffers.get(value).store(memory, Layout.ROW_MAJOR);
    }
  }

  ReferenceSession(Graph graph, Buffers buffers, Communicator communicator) {
    super(graph);
    communicator.require(graph);
    this.buffers = buffers;
    this.communicator = communicator;
    steps = new Lowering(buffers, communicator).lower(graph);
    checks =
        graph.ops().stream().flatMap(op -> Rankings.check(op, buffers)).toArray(Runnable[]::new);
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
    buffers.get(value).load(tensor(value, data), layout);
    bindings.written(value);
  }

  @Override
  protected void copyOut(Value value, MemorySegment data, Layout layout) {
    bindings.reading(value);
    buffers.get(value).store(tensor(value, data), layout);
  }

  @Override
  protected double scalar(Value value) {
    bindings.reading(value);
    return buffers.elements(value)[0];
  }

  @Override
  protected void place(Value value, MemorySegment memory) {
    bindings.bind(value, tensor(value, memory), isUpdated(value));
  }

  @Override
  protected void placeAgain(Value value) {
    bindings.bindAgain(value);
  }

  @Override
  protected void execute() {
    bindings.beforeRun();
    for (Runnable check : checks) {
      check.run();
    }
    if (recorder.isOn()) {
      recorder.run(steps, () -> {});
    } else {
      for (Step step : steps) {
        step.run();
      }
    }
    bindings.afterRun();
  }

  @Override
  protected GuardedSession share() {
    ReferenceSession fork =
        new ReferenceSession(graph(), new Buffers(graph(), buffers), communicator);
    fork.bindings.share(bindings);
    return fork;
  }

  @Override
  protected long held() {
    return buffers.bytes();
  }

  @Override
  protected void free() {
    bindings.clear();
    steps = new Step[0];
    buffers = new Buffers();
  }

  private static Tensor tensor(Value value, MemorySegment data) {
    return new Tensor(value.dtype(), value.shape(), data);
  }
}
