package dev.residual.nn;

import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pass that replaces a convolution and the batch normalisation after it by one convolution with
 * bias, for inference.
 *
 * <p>With {@code f = scale / sqrt(variance + epsilon)}, the weights of each output channel are
 * multiplied by f, and the bias becomes {@code shift + (bias - mean) * f}, computed in double. Only
 * a {@link BatchNormInference} that alone reads the result of a {@link Conv2d} is folded; others,
 * as in networks with pre-activation, stay.
 */
public final class BatchNormFolding {
  private final Graph graph;
  private final Weights weights;
  private final Map<Value, Integer> reads = new HashMap<>();
  private final Map<Value, Conv2d> writers = new HashMap<>();
  private final Set<Conv2d> replaced = new HashSet<>();
  private final Map<String, Tensor> folded = new HashMap<>();

  /**
   * A graph without the batch normalisations that were folded, and its weights.
   *
   * @param graph with the inputs and outputs of the original
   * @param weights of that graph; tensors that did not change are shared
   */
  public record Folded(Graph graph, Weights weights) {

    /**
     * The same with additions and ReLUs fused into the convolutions before them, whatever a backend
     * supports. Quantisation to 8-bit integers needs this form.
     */
    public Folded fused() {
      return new Folded(Fusion.fuse(graph, Conv2d.class::isInstance), weights);
    }
  }

  private BatchNormFolding(Graph graph, Weights weights) {
    this.graph = graph;
    this.weights = weights;
    for (Op op : graph.ops()) {
      op.inputs().forEach(value -> reads.merge(value, 1, Integer::sum));
      if (op instanceof Conv2d conv) {
        writers.put(conv.dst(), conv);
      }
    }
  }

  /**
   * Folds a graph and its weights, which stay as they are.
   *
   * @throws IllegalArgumentException if the weights are not those of the graph
   */
  public static Folded fold(Graph graph, Weights weights) {
    weights.check(graph);
    return new BatchNormFolding(graph, weights).fold();
  }

  /**
   * The graph that folding gives, without weights.
   *
   * <p>The same as with weights, whatever these are.
   */
  public static Graph fold(Graph graph) {
    Map<String, Tensor> zeros = new LinkedHashMap<>();
    Weights.values(graph)
        .forEach(value -> zeros.put(value.name(), Tensor.zeros(value.dtype(), value.shape())));
    return fold(graph, new Weights(zeros)).graph();
  }

  private Folded fold() {
    // The new convolution stands where the normalisation stood, since that may add a tensor that
    // is computed after the old convolution.
    List<Op> ops = new ArrayList<>();
    for (Op op : graph.ops()) {
      Conv2d conv = op instanceof BatchNormInference norm ? foldable(norm) : null;
      if (conv != null) {
        replaced.add(conv);
        ops.add(fold(conv, (BatchNormInference) op));
      } else {
        ops.add(op);
      }
    }
    ops.removeIf(op -> op instanceof Conv2d conv && replaced.contains(conv));
    Graph result = new Graph(ops, graph.outputs());
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Value value : Weights.values(result)) {
      Tensor tensor = folded.get(value.name());
      tensors.put(value.name(), tensor != null ? tensor : weights.get(value.name()));
    }
    return new Folded(result, new Weights(tensors));
  }

  private @Nullable Conv2d foldable(BatchNormInference norm) {
    Conv2d conv = writers.get(norm.src());
    boolean foldable =
        conv != null
            && conv.add() == null
            && !conv.relu()
            && reads.getOrDefault(conv.dst(), 0) == 1
            && !graph.outputs().contains(conv.dst())
            && isOwn(conv.weights())
            && (conv.bias() == null || isOwn(conv.bias()))
            && List.of(norm.scale(), norm.shift(), norm.mean(), norm.variance()).stream()
                .allMatch(value -> weights.tensors().containsKey(value.name()));
    return foldable ? conv : null;
  }

  private boolean isOwn(Value value) {
    return value.role() == Role.PARAMETER && reads.getOrDefault(value, 0) == 1;
  }

  private Conv2d fold(Conv2d conv, BatchNormInference norm) {
    Tensor source = weights.get(conv.weights().name());
    Tensor scale = weights.get(norm.scale().name());
    Tensor shift = weights.get(norm.shift().name());
    Tensor mean = weights.get(norm.mean().name());
    Tensor variance = weights.get(norm.variance().name());
    Value bias = conv.bias() != null ? conv.bias() : newBias(conv);
    Tensor kernels = Tensor.zeros(conv.weights().dtype(), source.shape());
    Tensor biases = Tensor.zeros(bias.dtype(), bias.shape());
    int channels = source.shape().dim(0);
    long elements = source.shape().elements() / channels;
    for (int c = 0; c < channels; c++) {
      double factor = scale.get(c) / Math.sqrt(variance.get(c) + norm.epsilon());
      double old = conv.bias() != null ? weights.get(bias.name()).get(c) : 0;
      biases.set(c, shift.get(c) + (old - mean.get(c)) * factor);
      for (long i = c * elements; i < (c + 1) * elements; i++) {
        kernels.set(i, source.get(i) * factor);
      }
    }
    folded.put(conv.weights().name(), kernels);
    folded.put(bias.name(), biases);
    Conv2d joint = conv.withBias(bias).withDst(norm.dst());
    joint = norm.add() == null ? joint : joint.withAdd(norm.add());
    return norm.relu() ? joint.withRelu() : joint;
  }

  private static Value newBias(Conv2d conv) {
    Value weights = conv.weights();
    String name = weights.name().replaceFirst("\\.weight$", "") + ".bias";
    return Value.parameter(name, Shape.of(weights.shape().dim(0)), weights.dtype());
  }
}
