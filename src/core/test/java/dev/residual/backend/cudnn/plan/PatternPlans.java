package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.Addend;
import dev.residual.backend.cudnn.operation.Convolution;
import dev.residual.backend.cudnn.operation.ConvolutionGraphs;
import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.MainloopGraphs;
import dev.residual.backend.cudnn.operation.NormGraphs;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.NativeLibraryException;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cudnn.CudnnLibrary;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Plans one graph of each pattern for a device that is not there, and prints a line for each:
 * {@code planned}, or {@code refused} and why. Its arguments are a device and a type.
 */
public final class PatternPlans {
  private final ElementType type;
  private final Map<String, OperationGraph> graphs = new LinkedHashMap<>();

  private PatternPlans(ElementType type) {
    this.type = type;
  }

  static void main(String[] arguments) {
    try {
      CudaDriver.loadStub();
      System.out.println("cuDNN " + CudnnLibrary.version());
    } catch (NativeLibraryException | IllegalStateException e) {
      System.out.println("absent: " + e.getMessage());
      return;
    }
    Map<String, OperationGraph> graphs =
        new PatternPlans(ElementType.valueOf(arguments[1])).graphs();
    PlanSettings settings = PlanSettings.DEFAULT.withTf32(true);
    try (Planner planner = CudnnPlanner.of(DeviceDescription.of(arguments[0]), settings)) {
      planner.prepare(graphs.values());
      graphs.forEach(
          (name, graph) -> {
            Optional<Plan> plan = planner.plan(graph);
            System.out.println(
                plan.isPresent()
                    ? "planned " + name + ": " + plan.get().engine()
                    : "refused " + name + ": " + planner.refusal(graph) + " of\n" + graph);
          });
    }
  }

  private GraphTensor image(long channels, long extent) {
    return GraphTensor.image("x", 32, channels, extent, extent, type);
  }

  private Map<String, OperationGraph> graphs() {
    boolean isHalf = type == ElementType.HALF;
    convolution("3x3", image(64, 28), 64, 3, Convolution.of(1, 1), isHalf);
    convolution("1x1", image(256, 28), 64, 1, Convolution.of(1, 0), isHalf);
    convolution("3x3 strided", image(64, 28), 64, 3, Convolution.of(2, 1), isHalf);
    norms(image(64, 28));
    linear();
    return graphs;
  }

  private void convolution(
      String name, GraphTensor x, long outputs, long window, Convolution moves, boolean isHalf) {
    GraphTensor w = GraphTensor.filter("w", outputs, x.dims().get(1), window, window, type);
    graphs.put(name, ConvolutionGraphs.forward(x, w, moves));
    graphs.put(name + " inference", ConvolutionGraphs.forward(x, w, moves, true, type, true, type));
    graphs.put(name + " statistics", ConvolutionGraphs.statistics(x, w, moves));
    graphs.put(name + " data", ConvolutionGraphs.backwardData(x, w, moves, false));
    graphs.put(name + " data added", ConvolutionGraphs.backwardData(x, w, moves, true));
    graphs.put(name + " filter", ConvolutionGraphs.backwardFilter(x, w, moves, type));
    graphs.put(
        name + " filter in float",
        ConvolutionGraphs.backwardFilter(x, w, moves, ElementType.FLOAT));
    if (moves.strideH() == 1) {
      graphs.put(name + " data masked", ConvolutionGraphs.maskedBackwardData(x, w, moves, true));
    }
    if (!isHalf) {
      return;
    }
    graphs.put(name + " mainloop", MainloopGraphs.statistics(x, w, moves));
    graphs.put(name + " mainloop filter", MainloopGraphs.backwardFilter(x, w, moves));
    graphs.put(
        name + " mainloop data", MainloopGraphs.backwardData(x, w, moves, false, Addend.NONE));
    if (moves.strideH() == 1) {
      for (Addend add : Addend.values()) {
        graphs.put(
            name + " mainloop data + " + add, MainloopGraphs.backwardData(x, w, moves, true, add));
      }
    }
  }

  private void norms(GraphTensor x) {
    graphs.put("norm", NormGraphs.training(x, 1e-5, 0.1, false, false, false));
    graphs.put("norm + relu", NormGraphs.training(x, 1e-5, 0.1, false, true, true));
    graphs.put("norm + add + relu", NormGraphs.training(x, 1e-5, 0.1, true, true, true));
    graphs.put("norm backward", NormGraphs.backward(x));
    graphs.put("mask + norm backward", NormGraphs.maskedBackward(x, false, false));
    graphs.put("add + mask + norm backward", NormGraphs.maskedBackward(x, true, true));
    graphs.put("finish", NormGraphs.finish(x, 1e-5, 0.1, ElementType.FLOAT));
    for (Addend add : Addend.values()) {
      graphs.put("apply " + add, NormGraphs.apply(x, add, true, true, ElementType.FLOAT));
    }
    graphs.put("gradient applied", MainloopGraphs.apply(x, false));
    graphs.put("gradients applied", MainloopGraphs.apply(x, true));
  }

  private void linear() {
    GraphTensor x = image(512, 1);
    GraphTensor w = GraphTensor.filter("w", 1000, 512, 1, 1, type);
    Convolution pixels = Convolution.of(1, 0);
    graphs.put("linear", ConvolutionGraphs.forward(x, w, pixels, false, type, false, type));
    graphs.put(
        "linear in float",
        ConvolutionGraphs.forward(
            x, w, pixels, false, ElementType.FLOAT, false, ElementType.FLOAT));
  }
}
