package dev.residual;

import dev.residual.graph.Graph;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.passes.Gradients;
import dev.residual.graph.passes.LossScaling;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The rows of whole, small networks, in which operations hand each other their results. */
final class NetCases {
  private NetCases() {}

  static Stream<OpCase> all() {
    // Errors pass through several layers, so these count as sums of many terms.
    return Stream.of(
        new OpCase("residual network, inference", 4096, NetCases::inference),
        new OpCase("residual network, one training step", 65536, NetCases::training),
        new OpCase(
            "residual network, one training step, scaled", 65536, t -> LossScaling.of(training(t))),
        new OpCase("trainable maps, one training step", 65536, NetCases::trainingOfMaps));
  }

  private static Graph inference(DType dtype) {
    GraphBuilder b = new GraphBuilder(dtype);
    Value x = b.input("images", Shape.of(2, 3, 12, 12));
    x = b.conv2d("conv", x, b.parameter("conv.w", Shape.of(8, 3, 3, 3)), null, window(1), 1);
    x = b.relu("relu", normInference(b, "bn", x));
    Value y = b.conv2d("a", x, b.parameter("a.w", Shape.of(16, 8, 3, 3)), null, window(2), 1);
    y = normInference(b, "a.bn", y);
    x = b.relu("out", b.add("sum", y, b.zeroPadShortcut("shortcut", x, 16, 2)));
    return b.build(classifier(b, x));
  }

  private static Value normInference(GraphBuilder b, String name, Value src) {
    Shape c = Shape.of(src.shape().dim(1));
    return b.batchNormInference(
        name,
        src,
        b.parameter(name + ".scale", c),
        b.parameter(name + ".shift", c),
        b.state(name + ".running_mean", c),
        b.state(name + ".running_var", c),
        1e-5);
  }

  private static Graph training(DType dtype) {
    GraphBuilder b = new GraphBuilder(dtype);
    Value x = b.input("images", Shape.of(4, 3, 12, 12));
    x = b.conv2d("conv", x, b.parameter("conv.w", Shape.of(8, 3, 3, 3)), null, window(1), 1);
    x = b.maxPool2d("pool", b.relu("relu", norm(b, "bn", x)), Window.square(3, 2, 1));
    Value y = b.conv2d("a", x, b.parameter("a.w", Shape.of(16, 8, 3, 3)), null, window(2), 1);
    y = norm(b, "a.bn", y);
    Value down = b.parameter("down.w", Shape.of(16, 8, 1, 1));
    Value shortcut = norm(b, "down.bn", b.conv2d("down", x, down, null, Window.square(1, 2, 0), 1));
    x = b.relu("out", b.add("sum", y, shortcut));
    return training(b, x);
  }

  /** Parameters of the shape of images, which are added to some. */
  private static Graph trainingOfMaps(DType dtype) {
    GraphBuilder b = new GraphBuilder(dtype);
    Value x = b.input("images", Shape.of(4, 3, 12, 12));
    x = b.add("seen", b.relu("map.relu", b.parameter("map", x.shape())), x);
    x = b.conv2d("conv", x, b.parameter("conv.w", Shape.of(8, 3, 3, 3)), null, window(2), 1);
    x = b.relu("relu", norm(b, "bn", b.add("sum", x, b.parameter("map2", x.shape()))));
    x = b.zeroPadShortcut("shortcut", b.add("out", x, b.parameter("map3", x.shape())), 16, 2);
    return training(b, x);
  }

  /** A step of stochastic gradient descent on a network with these features. */
  private static Graph training(GraphBuilder b, Value features) {
    Value labels = new Values(features.dtype()).labels(4);
    Value loss = b.softmaxCrossEntropy("loss", classifier(b, features), labels, 0.1);
    Graph forward = b.build(loss);
    List<Value> parameters = forward.values(Role.PARAMETER);
    Gradients gradients = Gradients.of(forward, loss, parameters);
    List<Op> ops = new ArrayList<>(gradients.graph().ops());
    Value learningRate = b.input("learningRate", Shape.SCALAR);
    for (Value parameter : parameters) {
      Value gradient = Objects.requireNonNull(gradients.of().get(parameter));
      Value velocity = b.state(parameter.name() + ".velocity", parameter.shape());
      ops.add(new SgdUpdate(parameter, gradient, velocity, learningRate, 0.9, 1e-4, false));
    }
    return new Graph(ops, gradients.graph().outputs());
  }

  private static Value norm(GraphBuilder b, String name, Value src) {
    Shape c = Shape.of(src.shape().dim(1));
    return b.batchNorm(
        name,
        src,
        b.parameter(name + ".scale", c),
        b.parameter(name + ".shift", c),
        b.state(name + ".running_mean", c),
        b.state(name + ".running_var", c),
        1e-5,
        0.1);
  }

  private static Value classifier(GraphBuilder b, Value x) {
    return b.linear(
        "fc",
        b.flatten("flatten", b.globalAvgPool("gap", x)),
        b.parameter("fc.w", Shape.of(10, 16)),
        b.parameter("fc.b", Shape.of(10)));
  }

  private static Window window(int stride) {
    return Window.square(3, stride, 1);
  }
}
