package dev.residual.calibration;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.Session;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.graph.passes.Quantization;
import dev.residual.quantization.ActivationStatistics;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The products of what convolutions read, as {@link ActivationStatistics} defines them, summed over
 * batches.
 *
 * <p>The sums of products of an image with itself, shifted, are what the gradient of a kernel of
 * that many shifts is, so the graph computes them.
 */
final class InputProducts {
  private record Reading(Value src, Window shifts, int groups) {}

  private final List<Op> ops = new ArrayList<>();

  /** By name of weights; convolutions that read the same share one. */
  private final Map<String, Value> values = new LinkedHashMap<>();

  private final Map<Value, float[]> sums = new LinkedHashMap<>();

  /** Of the convolutions of a graph that will be quantised. */
  InputProducts(Graph graph) {
    ops.addAll(graph.ops());
    Map<Reading, Value> known = new HashMap<>();
    for (Conv2d conv : Quantization.convolutions(graph)) {
      Reading reading = new Reading(conv.src(), shifts(conv.window()), conv.groups());
      String name = conv.weights().name();
      values.put(name, known.computeIfAbsent(reading, r -> add(name + ".products", r)));
    }
  }

  private static Window shifts(Window window) {
    int padH = (window.kernelH() - 1) * window.dilationH();
    int padW = (window.kernelW() - 1) * window.dilationW();
    return new Window(
        2 * window.kernelH() - 1,
        2 * window.kernelW() - 1,
        1,
        1,
        padH,
        padW,
        padH,
        padW,
        window.dilationH(),
        window.dilationW());
  }

  private Value add(String name, Reading reading) {
    Value src = reading.src;
    Window window = reading.shifts;
    int channels = src.shape().dim(1);
    Shape shape = Shape.of(channels, channels / reading.groups, window.kernelH(), window.kernelW());
    Value products = Value.activation(name, shape);
    ops.add(new Conv2dBackwardWeights(src, src, products, null, window, reading.groups));
    sums.put(products, new float[Math.toIntExact(shape.elements())]);
    return products;
  }

  /** The operations of the graph, and those that compute products. */
  List<Op> ops() {
    return ops;
  }

  /** The products of a batch. */
  Collection<Value> values() {
    return sums.keySet();
  }

  /** Adds those of the last run; zeros that fill up a batch count as an image of one colour. */
  void add(Session session) {
    sums.forEach(
        (value, sum) -> {
          float[] products = session.read(value).toFloats();
          for (int i = 0; i < sum.length; i++) {
            sum[i] += products[i];
          }
        });
  }

  /** The sums by name of weights. */
  Map<String, Tensor> byWeights() {
    Map<Value, Tensor> tensors = new HashMap<>();
    sums.forEach((value, sum) -> tensors.put(value, Tensor.of(value.shape(), sum)));
    Map<String, Tensor> named = new HashMap<>();
    values.forEach((name, value) -> named.put(name, requireNonNull(tensors.get(value))));
    return named;
  }
}
