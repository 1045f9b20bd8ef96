package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.GenStats;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cudnn.CudnnLibrary;
import dev.residual.engine.program.TuningFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A program for tests that start a JVM: plans with the installed cuDNN for a device that is not
 * there, and prints a line a graph.
 */
public final class PlanProbe {
  private PlanProbe() {}

  /** Takes a device and what to do: plan, file with its path, or settings. */
  public static void main(String[] arguments) {
    try {
      CudaDriver.loadStub();
      System.out.println("library: cuDNN " + CudnnLibrary.version());
    } catch (NativeLibraryException e) {
      System.out.println("library: " + e.getMessage());
      return;
    }
    DeviceDescription device = DeviceDescription.of(arguments[0]);
    switch (arguments[1]) {
      case "plan" -> plan(device);
      case "file" -> file(device, new TuningFile(Path.of(arguments[2])));
      case "settings" -> settings(device);
      default -> throw new IllegalArgumentException(arguments[1]);
    }
  }

  private static void plan(DeviceDescription device) {
    try (CudnnPlanner planner = CudnnPlanner.of(device, PlanSettings.DEFAULT)) {
      Map<String, OperationGraph> graphs = new LinkedHashMap<>();
      for (ElementType type :
          new ElementType[] {ElementType.HALF, ElementType.BFLOAT16, ElementType.FLOAT}) {
        PlanGraphs some = new PlanGraphs(type, 32, 64, 56);
        some.convolutions().forEach((name, graph) -> graphs.put(type + " " + name, graph));
        some.fusions().forEach((name, graph) -> graphs.put(type + " " + name, graph));
        some.mainLoops().forEach((name, graph) -> graphs.put(type + " " + name, graph));
      }
      graphs.put("odd channels", new PlanGraphs(ElementType.HALF, 32, 35, 56).norm(true));
      GraphTensor sum = GraphTensor.channels("sum", 64, ElementType.FLOAT);
      graphs.put(
          "statistics alone",
          OperationGraph.of(
              new GenStats(
                  GraphTensor.image("x", 32, 64, 56, 56, ElementType.HALF),
                  sum,
                  sum.named("sqSum"))));
      planner.prepare(graphs.values());
      graphs.forEach((name, graph) -> print(planner, name, graph));
    }
  }

  private static void file(DeviceDescription device, TuningFile file) {
    OperationGraph graph = new PlanGraphs(ElementType.HALF, 32, 64, 56).forward();
    PlanSettings settings = PlanSettings.DEFAULT.withChoices(file);
    try (CudnnPlanner planner = CudnnPlanner.of(device, settings)) {
      print(planner, "first", graph);
    }
    file.keep(settings.withDeterministic(true).key() + graph.signature(), "nonsense");
    file.keep(settings.withDeterministic(true).key() + graph.signature(), "engine 999 1:1");
    file.keep(settings.withDeterministic(true).key() + graph.signature(), "engine 1");
    try (CudnnPlanner planner = CudnnPlanner.of(device, settings)) {
      print(planner, "again", graph);
    }
    try (CudnnPlanner planner = CudnnPlanner.of(device, settings.withDeterministic(true))) {
      print(planner, "kept", graph);
    }
  }

  private static void settings(DeviceDescription device) {
    PlanGraphs half = new PlanGraphs(ElementType.HALF, 32, 64, 56);
    PlanGraphs floats = new PlanGraphs(ElementType.FLOAT, 32, 64, 56);
    PlanSettings settings = PlanSettings.DEFAULT;
    try (CudnnPlanner planner = CudnnPlanner.of(device, settings.withWorkspaceLimit(0))) {
      print(planner, "small forward", half.forward());
      print(planner, "small norm", half.norm(false));
    }
    try (CudnnPlanner planner = CudnnPlanner.of(device, settings.withDeterministic(true))) {
      print(planner, "repeatable", floats.backwardFilter());
    }
    try (CudnnPlanner planner = CudnnPlanner.of(device, settings.withTf32(true))) {
      print(planner, "tf32", floats.statistics());
    }
  }

  private static void print(CudnnPlanner planner, String name, OperationGraph graph) {
    System.out.println(
        name
            + ": "
            + planner
                .plan(graph)
                .map(plan -> plan + (plan.isDeterministic() ? "" : ", not repeatable"))
                .orElseGet(() -> planner.refusal(graph)));
  }
}
