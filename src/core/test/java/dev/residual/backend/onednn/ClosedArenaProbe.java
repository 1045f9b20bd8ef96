package dev.residual.backend.onednn;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A program that closes the arenas of bound memory while a session runs, and prints how many of
 * these closings and runs were refused.
 */
final class ClosedArenaProbe {
  private static final int ROUNDS = 8;

  private ClosedArenaProbe() {}

  public static void main(String[] args) throws InterruptedException {
    boolean oneArena = Boolean.parseBoolean(args[0]);
    // Large enough that memory which is freed is unmapped.
    Value src = Value.input("src", Shape.of(1, 16, 1024, 1024));
    Value weights = Value.parameter("weights", Shape.of(16, 16, 3, 3));
    Value bias = Value.parameter("bias", Shape.of(16));
    Value add = Value.input("add", src.shape());
    Value conv = Value.activation("conv", src.shape());
    Value dst = Value.activation("dst", src.shape());
    Graph graph =
        new Graph(
            List.of(
                new Conv2d(src, weights, bias, add, conv, Window.square(3, 1, 1), 1, false),
                new Relu(conv, dst)),
            List.of(conv, dst));
    int closings = 0;
    int runs = 0;
    SplittableRandom random = new SplittableRandom(1);
    try (Session session = new OneDnnBackend().compile(graph, new CompileOptions(2))) {
      for (int round = 0; round < ROUNDS; round++) {
        List<Arena> arenas = new ArrayList<>();
        for (Value value : List.of(src, weights, bias, add, conv, dst)) {
          if (arenas.isEmpty() || !oneArena) {
            arenas.add(Arena.ofShared());
          }
          session.bind(value, arenas.getLast().allocate(value.bytes(), 64));
        }
        int[] refused = {0};
        Thread runner = new Thread(() -> refused[0] = runUntilRefused(session));
        runner.start();
        Thread.sleep(random.nextInt(30));
        for (Arena arena : arenas) {
          closings += closeAtLast(arena);
        }
        runner.join();
        runs += refused[0];
      }
    }
    System.out.println((closings > 0) + " " + (runs == ROUNDS));
  }

  private static int runUntilRefused(Session session) {
    while (true) {
      try {
        session.run();
      } catch (IllegalStateException e) {
        return String.valueOf(e.getMessage()).contains("bind another first") ? 1 : 0;
      }
    }
  }

  /** Whether an arena would not be closed at first. */
  private static int closeAtLast(Arena arena) {
    int refused = 0;
    while (true) {
      try {
        arena.close();
        return refused;
      } catch (IllegalStateException e) {
        refused = 1;
      }
    }
  }
}
