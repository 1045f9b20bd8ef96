package dev.residual.backend.onednn;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.ConvolutionAlgorithm;
import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Shape;
import java.util.Set;

/**
 * Prints which implementation a convolution got: {@code AlgorithmOptionsProbe default|true|false
 * [algorithm]}.
 */
final class AlgorithmOptionsProbe {
  private AlgorithmOptionsProbe() {}

  public static void main(String[] args) {
    CompileOptions options = new CompileOptions(1);
    if (!args[0].equals("default")) {
      options = options.withMeasured(Boolean.parseBoolean(args[0]));
    }
    if (args.length > 1) {
      options = options.withConvolutions(Set.of(ConvolutionAlgorithm.valueOf(args[1])));
    }
    Value src = Value.input("src", Shape.of(2, 64, 28, 28));
    Value weights = Value.parameter("weights", Shape.of(64, 64, 3, 3));
    Window window = Window.square(3, 1, 1);
    Value dst = Value.activation("dst", Conv2d.dstShape(src, weights, window));
    Conv2d conv = new Conv2d(src, weights, null, null, dst, window, 1, false);
    try (Session session = Backends.cpu().compile(Graph.of(conv), options)) {
      System.out.println(session.steps().getLast().implementation());
    }
  }
}
