package dev.residual.engine.program;

import dev.residual.engine.Backend;
import dev.residual.engine.MemoryPlan.InPlace;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Operations as queued runs of the reference's sessions. Images lie channels last, ReLUs are
 * computed in place, and the weights of linear layers are prepared, all as a real device may do.
 */
final class QueuedLowering implements Lowering {
  private final QueuedMemory memory;
  private final Backend arithmetic;
  private final Set<Value> updated;

  QueuedLowering(Graph graph, QueuedMemory memory, Backend arithmetic) {
    this.memory = memory;
    this.arithmetic = arithmetic;
    updated = graph.updated();
  }

  @Override
  public Layout layout(Value value) {
    boolean isImage = value.shape().rank() == 4 && value.role() != Role.PARAMETER;
    return isImage ? Layout.CHANNELS_LAST : Layout.ROW_MAJOR;
  }

  @Override
  public List<InPlace> inPlace(Op op) {
    return op instanceof Relu relu ? List.of(new InPlace(relu.dst(), relu.src())) : List.of();
  }

  @Override
  public void lower(Op op, Program program) {
    // What other operations compute is an input of this one alone.
    Graph alone =
        Graph.of(
            op.map(
                value ->
                    op.inputs().contains(value) && value.role() == Role.ACTIVATION
                        ? Value.input(value.name(), value.shape(), value.dtype())
                        : value));
    Map<Value, Buffer> places = new LinkedHashMap<>();
    for (Value value : alone.values()) {
      Value whole =
          op.inputs().stream()
              .filter(input -> input.name().equals(value.name()))
              .findFirst()
              .orElse(value);
      places.put(value, place(op, whole, program));
    }
    Session session = arithmetic.compile(alone);
    memory.own(session);
    program.step(() -> memory.queue(() -> compute(session, places)));
  }

  private Buffer place(Op op, Value value, Program program) {
    Buffer buffer = program.buffer(value);
    if (op instanceof Linear linear
        && linear.weights().equals(value)
        && value.role() == Role.PARAMETER
        && !updated.contains(value)) {
      Buffer prepared = program.keep(value.name() + " (prepared)", value.bytes());
      program.prepare(() -> memory.queue(() -> copy(buffer, prepared)));
      return prepared;
    }
    return buffer;
  }

  private static void copy(Buffer from, Buffer to) {
    QueuedMemory.open(to).copyFrom(QueuedMemory.open(from));
  }

  private void compute(Session session, Map<Value, Buffer> places) {
    places.forEach(
        (value, buffer) -> {
          if (value.role() != Role.ACTIVATION) {
            session.write(value, QueuedMemory.open(buffer), layout(value));
          }
        });
    session.run();
    Graph graph = session.graph();
    places.forEach(
        (value, buffer) -> {
          if (value.role() == Role.ACTIVATION || graph.updated().contains(value)) {
            MemorySegment memory = QueuedMemory.open(buffer);
            session.read(value, memory, layout(value));
          }
        });
  }
}
