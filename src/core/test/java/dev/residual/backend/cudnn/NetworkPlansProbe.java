package dev.residual.backend.cudnn;

import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.plan.CudnnPlanner;
import dev.residual.backend.cudnn.plan.DeviceDescription;
import dev.residual.backend.cudnn.plan.PlanSettings;
import dev.residual.backend.cudnn.plan.Planner;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cudnn.CudnnLibrary;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Graph;
import dev.residual.inference.Network;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A program for tests that start a JVM: plans networks with the installed cuDNN for a device that
 * is not there, and prints a line a network, and one for each operation that is left to a slow
 * kernel.
 */
public final class NetworkPlansProbe {
  private NetworkPlansProbe() {}

  /** Takes a device, and networks such as {@code resnet50/train/F16/32}. */
  public static void main(String[] arguments) {
    try {
      CudaDriver.loadStub();
      System.out.println("library: cuDNN " + CudnnLibrary.version());
    } catch (NativeLibraryException e) {
      System.out.println("library: " + e.getMessage().lines().findFirst().orElse(""));
      return;
    }
    DeviceDescription device = DeviceDescription.of(arguments[0]);
    Set<OperationGraph> graphs = new HashSet<>();
    long begin = System.nanoTime();
    PlanSettings settings =
        PlanSettings.DEFAULT.withDeterministic(CompileOptions.DEFAULT.deterministic());
    try (Planner planner = CudnnPlanner.of(device, settings)) {
      for (String network : List.of(arguments).subList(1, arguments.length)) {
        print(network, DeviceProgram.of(graph(network), device, planner, Launches.ALL));
        collect(graph(network), planner, graphs);
      }
    }
    System.out.printf(
        "total: %d operation graphs in %.0f s%n", graphs.size(), (System.nanoTime() - begin) / 1e9);
  }

  private static Graph graph(String text) {
    String[] words = text.split("/");
    ResNet network = ResNet.named(words[0]);
    DType precision = DType.valueOf(words[2]);
    int batch = Integer.parseInt(words[3]);
    if (words[1].equals("infer")) {
      return Network.graph(network.inference(batch), precision, CudnnBackend::canRun);
    }
    return TrainingGraph.of(network.training(batch), new Sgd(0.9, 1e-4), 0)
        .withPrecision(precision)
        .fused(CudnnBackend::canRun)
        .graph();
  }

  private static void collect(Graph graph, Planner planner, Set<OperationGraph> graphs) {
    PlannedLaunches launches = new PlannedLaunches(graph, planner, Launches.ALL);
    graph.ops().stream()
        .flatMap(op -> launches.of(op).stream())
        .filter(GraphLaunch.class::isInstance)
        .forEach(launch -> graphs.add(((GraphLaunch) launch).graph()));
  }

  private static void print(String network, DeviceProgram program) {
    System.out.printf(
        "%s: %d left, %d launches%n", network, program.unplanned(), program.rows().size());
    for (DeviceProgram.Row row : program.rows()) {
      if (!row.refusal().isEmpty()) {
        System.out.println(
            "left " + network + " " + row.op() + ": " + row.refusal().replace('\n', ' '));
      }
    }
  }
}
