package dev.residual.engine.program;

import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;

/**
 * A backend on a device of plain Java: its memory is out of reach, its work is queued and done when
 * somebody waits, and its arithmetic is the reference's.
 */
final class QueuedBackend implements Backend {
  private final ReferenceBackend arithmetic = new ReferenceBackend();

  @Override
  public String name() {
    return "queued";
  }

  @Override
  public boolean supports(Op op) {
    return arithmetic.supports(op);
  }

  @Override
  public Session compile(Graph graph, CompileOptions options) {
    for (Op op : graph.ops()) {
      if (!supports(op)) {
        throw new UnsupportedOpException(name(), op, "the reference does not compute it");
      }
    }
    return ProgramSession.compile(
        graph,
        new Target<QueuedMemory>() {
          @Override
          public QueuedMemory memory() {
            return new QueuedMemory();
          }

          @Override
          public Lowering lowering(Graph lowered, QueuedMemory memory) {
            return new QueuedLowering(lowered, memory, arithmetic);
          }
        });
  }
}
