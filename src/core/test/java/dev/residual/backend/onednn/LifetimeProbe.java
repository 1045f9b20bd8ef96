package dev.residual.backend.onednn;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.nn.Architecture;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A program that prints its resident memory in kilobytes before and after much of some work. */
final class LifetimeProbe {
  /** What is done again and again, and how often. */
  enum Work {
    /** Open a session, run it, close it. */
    SESSIONS(400, 200),
    /** One step of a session. */
    STEPS(1000, 3000),
    /** Compile a graph whose last operation is refused. */
    REFUSALS(400, 200);

    private final int before;
    private final int measured;

    Work(int before, int measured) {
      this.before = before;
      this.measured = measured;
    }
  }

  private LifetimeProbe() {}

  public static void main(String[] args) throws IOException {
    Work work = Work.valueOf(args[0]);
    OneDnnBackend backend = new OneDnnBackend();
    CompileOptions one = new CompileOptions(1);
    Graph graph = training(backend, 8).graph();
    Graph bad = withRefusal(graph);
    try (Session session = backend.compile(training(backend, 1).graph(), one)) {
      measure(
          work,
          switch (work) {
            case SESSIONS -> () -> openRunClose(backend, graph, one);
            case STEPS -> session::run;
            case REFUSALS -> () -> refuse(backend, bad);
          });
    }
  }

  private static void measure(Work work, Runnable once) throws IOException {
    for (int i = 0; i < work.before; i++) {
      once.run();
    }
    long resident = ProbeJvm.resident();
    for (int i = 0; i < work.measured; i++) {
      once.run();
    }
    System.out.println(resident + " " + ProbeJvm.resident());
  }

  /** A training step of a small network. */
  static TrainingGraph training(OneDnnBackend backend, int batch) {
    Model model =
        ResNet.of("resnet8-cifar", Architecture.cifar(Architecture.Block.BASIC, 8))
            .input(16, 16)
            .model(Mode.TRAINING, batch, DType.F32);
    return TrainingGraph.of(model, new Sgd(0.9, 1e-4), 0).fused(backend::supports);
  }

  private static Graph withRefusal(Graph graph) {
    List<Op> ops = new ArrayList<>(graph.ops());
    Value x = Value.activation("x", Shape.of(2), DType.F64);
    ops.add(new Relu(Value.input("f64", Shape.of(2), DType.F64), x));
    return new Graph(ops, List.of(x));
  }

  private static void openRunClose(OneDnnBackend backend, Graph graph, CompileOptions options) {
    try (Session session = backend.compile(graph, options)) {
      session.run();
    }
  }

  private static void refuse(OneDnnBackend backend, Graph graph) {
    try (Session session = backend.compile(graph)) {
      throw new AssertionError("compiled: " + session);
    } catch (UnsupportedOpException e) {
      return;
    }
  }
}
