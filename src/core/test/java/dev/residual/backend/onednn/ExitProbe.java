package dev.residual.backend.onednn;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;

/** A program that exits with code 7 while another thread is in a primitive of so many seconds. */
final class ExitProbe {
  private static final int FEATURES = 2048;
  private static final int ROWS = 512;

  private ExitProbe() {}

  public static void main(String[] args) throws InterruptedException {
    double seconds = Double.parseDouble(args[0]);
    double speed;
    try (Session few = linear(ROWS)) {
      few.run();
      speed = ROWS / Math.min(seconds(few), seconds(few));
    }
    Session session = linear((int) (speed * seconds));
    session.run();
    Thread.ofPlatform().daemon().start(session::run);
    Thread.sleep(100);
    System.out.println("exit");
    System.exit(7);
  }

  private static double seconds(Session session) {
    long start = System.nanoTime();
    session.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private static Session linear(int rows) {
    Value src = Value.input("src", Shape.of(rows, FEATURES));
    Value weights = Value.parameter("weights", Shape.of(FEATURES, FEATURES));
    Value dst = Value.activation("dst", Shape.of(rows, FEATURES));
    Graph graph = Graph.of(new Linear(src, weights, null, dst));
    return new OneDnnBackend().compile(graph, new CompileOptions(1));
  }
}
