package dev.residual.train;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.Gradients;
import dev.residual.graph.passes.LossScaling;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.nn.Model;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * One training step as a graph: forward pass, loss, backward pass and update of the parameters.
 *
 * @param graph the step; its outputs are the loss, the counts and the logits
 * @param images an input, n c h w
 * @param labels an input, n, {@link DType#I32}, each in [0, classes)
 * @param learningRate an input, a scalar
 * @param logits the class scores before the update, n classes
 * @param loss the mean cross-entropy before the update, a scalar; with auxiliary heads that of the
 *     logits and 0.3 times those of the others
 * @param counts how many images have their class ranked first, and among the first five, before the
 *     update: 2, {@link DType#I32}
 * @param gradients the gradient of each parameter that is trained
 */
public record TrainingGraph(
    Graph graph,
    Value images,
    Value labels,
    Value learningRate,
    Value logits,
    Value loss,
    Value counts,
    Map<Value, Value> gradients) {

  /** Copies the map. */
  public TrainingGraph {
    gradients = Map.copyOf(gradients);
  }

  /**
   * The step of a model, with the types of its values.
   *
   * @param model in training mode; it says which parameters are trained
   * @param optimizer the rule of the updates
   * @param smoothing of the labels, in [0, 1]
   * @throws IllegalArgumentException if no parameter is trained
   */
  public static TrainingGraph of(Model model, Optimizer optimizer, double smoothing) {
    if (model.trained().isEmpty()) {
      throw new IllegalArgumentException(model.name() + " has no parameters that are trained");
    }
    DType dtype = model.logits().dtype();
    int batch = model.logits().shape().dim(0);
    Value labels = Value.input("labels", Shape.of(batch), DType.I32);
    Value learningRate = Value.input("learning_rate", Shape.SCALAR, dtype);

    List<Op> ops = new ArrayList<>(model.graph().ops());
    // First, since it names a label that is no class on every backend.
    TopK ranking = Ranking.of(model.logits(), labels, null);
    ops.add(ranking);
    ModelLoss entropy = ModelLoss.of(model, labels, smoothing);
    Value loss = entropy.value();
    ops.addAll(entropy.ops());
    List<Value> outputs = List.of(loss, ranking.counts(), model.logits());
    Graph forward = new Graph(ops, outputs);
    Gradients gradients = Gradients.of(forward, loss, model.trained());
    Graph step = withUpdates(gradients, optimizer, learningRate, outputs);
    return new TrainingGraph(
        step,
        model.images(),
        labels,
        learningRate,
        model.logits(),
        loss,
        ranking.counts(),
        gradients.of());
  }

  /** Gradients are no outputs of the result, so that their memory is free to be used again. */
  private static Graph withUpdates(
      Gradients gradients, Optimizer optimizer, Value learningRate, List<Value> outputs) {
    List<Op> ops = new ArrayList<>(gradients.graph().ops());
    for (Value value : gradients.graph().values()) {
      Value gradient = gradients.of().get(value);
      if (gradient != null) {
        ops.add(optimizer.update(value, gradient, learningRate));
      }
    }
    return new Graph(ops, outputs);
  }

  /** This step with further activations readable, as gradients are for inspection. */
  public TrainingGraph withOutputs(Collection<Value> more) {
    List<Value> outputs = new ArrayList<>(graph.outputs());
    outputs.addAll(more);
    return with(new Graph(graph.ops(), outputs));
  }

  /**
   * This step with activations of another type; weights, their gradients and the loss stay as they
   * are. To be done before {@link #fused}. In {@link DType#F16} the loss is {@linkplain LossScaling
   * scaled}, and so are the gradients.
   *
   * @param dtype as {@link MixedPrecision#of} takes it
   */
  public TrainingGraph withPrecision(DType dtype) {
    return with(MixedPrecision.of(dtype == DType.F16 ? LossScaling.of(graph) : graph, dtype));
  }

  /**
   * This step with the fused forms of a backend.
   *
   * @param supports whether the backend can run an operation, as {@code backend::supports}
   */
  public TrainingGraph fused(Predicate<Op> supports) {
    return with(Fusion.fuse(graph, supports));
  }

  /** The number of images of a step. */
  public int batch() {
    return images.shape().dim(0);
  }

  /** The number of classes. */
  public int classes() {
    return logits.shape().dim(1);
  }

  private TrainingGraph with(Graph other) {
    return new TrainingGraph(other, images, labels, learningRate, logits, loss, counts, gradients);
  }
}
