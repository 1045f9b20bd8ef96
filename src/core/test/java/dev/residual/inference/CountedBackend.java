package dev.residual.inference;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A backend that knows which of its sessions are open, forks included. */
final class CountedBackend implements Backend {
  private final Backend backend;
  private final Set<Session> open = ConcurrentHashMap.newKeySet();
  private int compiled;

  /** The compilation that fails; 0 for none. */
  private final int failing;

  CountedBackend(Backend backend, int failing) {
    this.backend = backend;
    this.failing = failing;
  }

  int open() {
    return open.size();
  }

  @Override
  public String name() {
    return "counted";
  }

  @Override
  public boolean supports(Op op) {
    return backend.supports(op);
  }

  @Override
  public Session compile(Graph graph, CompileOptions options) {
    if (++compiled == failing) {
      throw new IllegalStateException("compilation " + compiled);
    }
    return counted(backend.compile(graph, options));
  }

  private Session counted(Session session) {
    open.add(session);
    return (Session)
        Proxy.newProxyInstance(
            Session.class.getClassLoader(),
            new Class<?>[] {Session.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                open.remove(session);
              }
              try {
                Object result = method.invoke(session, arguments);
                return method.getName().equals("fork") ? counted((Session) result) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
