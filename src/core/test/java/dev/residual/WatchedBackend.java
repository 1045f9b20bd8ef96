package dev.residual;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** A backend that counts its sessions, and whose first run of an operation waits. */
final class WatchedBackend implements Backend {
  final Set<Session> open = ConcurrentHashMap.newKeySet();
  final CountDownLatch running = new CountDownLatch(1);
  final CountDownLatch released = new CountDownLatch(1);
  final int slow;

  WatchedBackend(int slow) {
    this.slow = slow;
  }

  @Override
  public String name() {
    return "watched";
  }

  @Override
  public boolean supports(Op op) {
    return true;
  }

  @Override
  public Session compile(Graph graph, CompileOptions options) {
    Session session = Backends.reference().compile(graph, options);
    boolean waits = graph.outputs().getFirst().shape().elements() == slow;
    Session watched =
        (Session)
            Proxy.newProxyInstance(
                Session.class.getClassLoader(),
                new Class<?>[] {Session.class},
                (proxy, method, arguments) -> {
                  switch (method.getName()) {
                    case "hashCode" -> {
                      return System.identityHashCode(proxy);
                    }
                    case "equals" -> {
                      return proxy == arguments[0];
                    }
                    case "close" -> open.remove((Session) proxy);
                    case "run" -> {
                      if (waits) {
                        running.countDown();
                        released.await();
                      }
                    }
                    default -> {}
                  }
                  return method.invoke(session, arguments);
                });
    open.add(watched);
    return watched;
  }
}
