package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.BnBackwardWeights;
import dev.residual.backend.cudnn.operation.BnFinalize;
import dev.residual.backend.cudnn.operation.Convolution;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardData;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardFilter;
import dev.residual.backend.cudnn.operation.ConvolutionForward;
import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.GenStats;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Node;
import dev.residual.backend.cudnn.operation.NormBackward;
import dev.residual.backend.cudnn.operation.NormForward;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import dev.residual.backend.cudnn.operation.Reduction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The operation graphs of residual networks, for tests: one of each pattern.
 *
 * @param type the type in which images and filters are stored
 * @param n the images of a batch
 * @param c the channels
 * @param h the rows and columns
 */
record PlanGraphs(ElementType type, long n, long c, long h) {
  private static final Convolution SAME = Convolution.of(1, 1);
  private static final Convolution ONE = Convolution.of(1, 0);

  private GraphTensor image(String name) {
    return GraphTensor.image(name, n, c, h, h, type);
  }

  private GraphTensor inner(String name) {
    return GraphTensor.image(name, n, c, h, h, ElementType.FLOAT).asVirtual();
  }

  private GraphTensor mask() {
    return GraphTensor.image("mask", n, c, h, h, ElementType.BOOLEAN);
  }

  private GraphTensor filter(String name, long window) {
    return GraphTensor.filter(name, c, c, window, window, type);
  }

  private GraphTensor floats(String name) {
    return GraphTensor.channels(name, c, ElementType.FLOAT);
  }

  private GraphTensor coefficient(String name) {
    return GraphTensor.channels(name, c, type);
  }

  private static GraphTensor constant(String name, double value) {
    return GraphTensor.constant(name, ElementType.FLOAT, value);
  }

  /** Convolutions alone, of all kinds. */
  Map<String, OperationGraph> convolutions() {
    Map<String, OperationGraph> graphs = new LinkedHashMap<>();
    graphs.put("forward", forward());
    graphs.put("backward data", backwardData(false));
    graphs.put("backward data, added", backwardData(true));
    graphs.put("backward filter", backwardFilter());
    graphs.put("grouped", grouped(2 * n, 128, 32));
    graphs.put("stem", stem(8));
    graphs.put("linear", linear(2048, 1000));
    return graphs;
  }

  OperationGraph forward() {
    return OperationGraph.of(new ConvolutionForward(image("x"), filter("w", 3), image("y"), SAME));
  }

  OperationGraph backwardData(boolean accumulates) {
    return OperationGraph.of(
        new ConvolutionBackwardData(image("dy"), filter("w", 3), image("dx"), SAME, accumulates));
  }

  OperationGraph backwardFilter() {
    return OperationGraph.of(
        new ConvolutionBackwardFilter(image("x"), image("dy"), filter("dw", 3), SAME));
  }

  OperationGraph grouped(long images, long channels, long groups) {
    GraphTensor x = GraphTensor.image("x", images, channels, h, h, type);
    GraphTensor w = GraphTensor.filter("w", channels, channels / groups, 3, 3, type);
    return OperationGraph.of(new ConvolutionForward(x, w, x.named("y"), SAME));
  }

  OperationGraph stem(long channels) {
    return OperationGraph.of(
        new ConvolutionForward(
            GraphTensor.image("x", n, channels, 224, 224, type),
            GraphTensor.filter("w", 64, channels, 7, 7, type),
            GraphTensor.image("y", n, 64, 112, 112, type),
            Convolution.of(2, 3)));
  }

  OperationGraph linear(long inputs, long outputs) {
    GraphTensor product =
        GraphTensor.image("product", n, outputs, 1, 1, ElementType.FLOAT).asVirtual();
    return OperationGraph.of(
        new ConvolutionForward(
            GraphTensor.image("x", n, inputs, 1, 1, type),
            GraphTensor.filter("w", outputs, inputs, 1, 1, type),
            product,
            ONE),
        Pointwise.of(
            Mode.ADD,
            product,
            GraphTensor.channels("bias", outputs, type),
            GraphTensor.image("y", n, outputs, 1, 1, type)));
  }

  /** Norms and the pointwise operations about them, and epilogues. */
  Map<String, OperationGraph> fusions() {
    Map<String, OperationGraph> graphs = new LinkedHashMap<>();
    graphs.put("norm + relu", norm(false));
    graphs.put("norm + add + relu + mask", norm(true));
    graphs.put("norm backward", normBackward(false));
    graphs.put("mask + norm backward", normBackward(true));
    graphs.put("backward data + add", backwardDataAdd());
    graphs.put("inference", inference());
    graphs.put("statistics", statistics());
    graphs.put("finalize", finalizeStatistics());
    graphs.put("apply", apply());
    graphs.put("reduction", reduction());
    return graphs;
  }

  OperationGraph norm(boolean add) {
    List<Node> nodes = new ArrayList<>();
    nodes.add(
        new NormForward(
            NormForward.Phase.TRAINING,
            image("x"),
            floats("scale"),
            floats("bias"),
            constant("epsilon", 1e-5),
            constant("momentum", 0.1),
            floats("runningMean"),
            floats("runningVar"),
            floats("newRunningMean"),
            floats("newRunningVar"),
            floats("mean"),
            floats("invStd"),
            inner("normalized")));
    if (add) {
      nodes.add(Pointwise.of(Mode.ADD, inner("normalized"), image("z"), inner("total")));
    }
    nodes.add(Pointwise.of(Mode.RELU_FWD, inner(add ? "total" : "normalized"), image("y")));
    if (add) {
      nodes.add(Pointwise.of(Mode.CMP_GT, image("y"), constant("zero", 0), mask()));
    }
    return new OperationGraph(nodes);
  }

  OperationGraph normBackward(boolean masked) {
    List<Node> nodes = new ArrayList<>();
    if (masked) {
      nodes.add(Pointwise.of(Mode.MUL, image("dy"), mask(), image("dz")));
    }
    nodes.add(
        new NormBackward(
            image("x"),
            floats("mean"),
            floats("invStd"),
            image(masked ? "dz" : "dy"),
            floats("scale"),
            floats("dscale"),
            floats("dbias"),
            image("dx"),
            null));
    return new OperationGraph(nodes);
  }

  OperationGraph backwardDataAdd() {
    return OperationGraph.of(
        new ConvolutionBackwardData(image("dy"), filter("w", 1), inner("partial"), ONE),
        Pointwise.of(Mode.ADD, inner("partial"), image("skip"), image("dx")));
  }

  OperationGraph inference() {
    return OperationGraph.of(
        new ConvolutionForward(image("x"), filter("w", 3), inner("product"), SAME),
        Pointwise.of(Mode.ADD, inner("product"), image("z"), inner("total")),
        Pointwise.of(Mode.ADD, inner("total"), coefficient("bias"), inner("shifted")),
        Pointwise.of(Mode.RELU_FWD, inner("shifted"), image("y")));
  }

  OperationGraph statistics() {
    return OperationGraph.of(
        new ConvolutionForward(image("x"), filter("w", 3), image("y"), SAME),
        new GenStats(image("y"), floats("sum"), floats("sqSum")));
  }

  OperationGraph finalizeStatistics() {
    return OperationGraph.of(
        new BnFinalize(
            floats("sum"),
            floats("sqSum"),
            floats("scale"),
            floats("bias"),
            floats("runningMean"),
            floats("runningVar"),
            floats("newRunningMean"),
            floats("newRunningVar"),
            floats("mean"),
            floats("invStd"),
            floats("eqScale"),
            floats("eqBias"),
            GraphTensor.constant("count", ElementType.INT64, n * h * h),
            constant("epsilon", 1e-5),
            constant("momentum", 0.1)));
  }

  OperationGraph apply() {
    return OperationGraph.of(
        Pointwise.of(Mode.MUL, image("x"), floats("eqScale"), inner("scaled")),
        Pointwise.of(Mode.ADD, inner("scaled"), floats("eqBias"), inner("shifted")),
        Pointwise.of(Mode.ADD, inner("shifted"), image("z"), inner("total")),
        Pointwise.of(Mode.RELU_FWD, inner("total"), image("y")));
  }

  OperationGraph reduction() {
    return OperationGraph.of(new Reduction(Reduction.Operator.ADD, image("dy"), floats("dbias")));
  }

  /** What exists for numbers of 16 bits on some devices alone. */
  Map<String, OperationGraph> mainLoops() {
    Map<String, OperationGraph> graphs = new LinkedHashMap<>();
    graphs.put("scale + bias + relu + forward + statistics", normalizedForward());
    graphs.put("scale + bias + relu + backward filter", normalizedBackwardFilter());
    graphs.put("backward data + relu backward + norm weights", backwardWeights());
    return graphs;
  }

  private List<Node> normalized() {
    List<Node> nodes = new ArrayList<>();
    nodes.add(Pointwise.of(Mode.MUL, image("x"), coefficient("eqScale"), inner("scaled")));
    nodes.add(Pointwise.of(Mode.ADD, inner("scaled"), coefficient("eqBias"), inner("shifted")));
    nodes.add(Pointwise.of(Mode.RELU_FWD, inner("shifted"), inner("activated")));
    return nodes;
  }

  OperationGraph normalizedForward() {
    List<Node> nodes = normalized();
    nodes.add(new ConvolutionForward(inner("activated"), filter("w", 3), image("y"), SAME));
    nodes.add(new GenStats(image("y"), floats("sum"), floats("sqSum")));
    return new OperationGraph(nodes);
  }

  OperationGraph normalizedBackwardFilter() {
    List<Node> nodes = normalized();
    nodes.add(
        new ConvolutionBackwardFilter(inner("activated"), image("dy"), filter("dw", 3), SAME));
    return new OperationGraph(nodes);
  }

  OperationGraph backwardWeights() {
    return OperationGraph.of(
        new ConvolutionBackwardData(image("dy"), filter("w", 3), inner("partial"), SAME),
        new Pointwise(Mode.ADD, image("x"), floats("mean"), inner("centred"), 1, -1),
        Pointwise.of(Mode.MUL, inner("centred"), floats("invStd"), inner("normalized")),
        Pointwise.of(Mode.MUL, inner("normalized"), floats("scale"), inner("scaled")),
        Pointwise.of(Mode.ADD, inner("scaled"), floats("bias"), inner("shifted")),
        Pointwise.of(Mode.RELU_BWD, inner("partial"), inner("shifted"), image("dz")),
        new BnBackwardWeights(
            floats("mean"),
            floats("invStd"),
            floats("scale"),
            image("x"),
            image("dz"),
            floats("dscale"),
            floats("dbias"),
            floats("eqDyScale"),
            floats("eqXScale"),
            floats("eqBias")));
  }
}
