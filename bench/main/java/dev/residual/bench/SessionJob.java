package dev.residual.bench;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;

/** A session of Residual whose inputs are filled. */
final class SessionJob implements Job {
  private final Session session;
  private final boolean isOnDevice;

  SessionJob(Session session, boolean isOnDevice) {
    this.session = session;
    this.isOnDevice = isOnDevice;
  }

  /** A session of one operation, its inputs, parameters and states filled with noise. */
  static SessionJob of(Op op, int threads) {
    return of(op, new CompileOptions(threads));
  }

  /** The same, compiled with options. */
  static SessionJob of(Op op, CompileOptions options) {
    Graph graph = Graph.of(op);
    Session session = Backends.cpu().compile(graph, options);
    for (Value value : graph.values()) {
      if (value.role() != Role.ACTIVATION) {
        session.write(value, Noise.tensor(value.dtype(), value.shape()));
      }
    }
    return new SessionJob(session, false);
  }

  @Override
  public void run() {
    session.run();
    if (isOnDevice) {
      session.finish();
    }
  }

  @Override
  public long deviceBytes() {
    return isOnDevice ? session.bytes() : 0;
  }

  @Override
  public void close() {
    session.close();
  }
}
