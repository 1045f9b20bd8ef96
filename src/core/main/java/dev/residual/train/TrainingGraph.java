package dev.residual.train;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.LossScaling;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.nn.Model;
import dev.residual.tensor.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One training step as a graph: forward pass, loss, backward pass and update of the parameters.
 *
 * @param graph the step; its outputs are the loss, the counts and the logits
 * @param images an input, n c h w
 * @param labels an input, n, {@link DType#I32}, each in [0, classes)
 * @param targets an input, n classes, the probabilities of the classes where images are mixtures of
 *     several; null where labels are all
 * @param learningRate an input, a scalar
 * @param controls further scalar inputs
 * @param copies states that begin with the value of a weight, by state
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
    @Nullable Value targets,
    Value learningRate,
    List<Control> controls,
    Map<Value, Value> copies,
    Value logits,
    Value loss,
    Value counts,
    Map<Value, Value> gradients) {

  /** Copies list and maps. */
  public TrainingGraph {
    controls = List.copyOf(controls);
    copies = Map.copyOf(copies);
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
    int batch = model.images().shape().dim(0);
    Schedule given = new Schedule.Constant(0);
    Recipe recipe = new Recipe(1, batch, optimizer, given, smoothing);
    return of(model, recipe, false, model.logits().dtype());
  }

  /**
   * The step of a model by a recipe.
   *
   * @param model in training mode
   * @param isMixed whether images are mixtures that have targets
   * @param precision the type of activations, as {@link #withPrecision} takes it
   */
  public static TrainingGraph of(Model model, Recipe recipe, boolean isMixed, DType precision) {
    return of(model, recipe, isMixed, precision, Distribution.NONE);
  }

  /**
   * The step of one of several processes.
   *
   * @param model in training mode, for the part of a batch that each process takes
   * @param recipe of the whole training
   * @param isMixed whether images are mixtures that have targets
   * @param precision the type of activations, as {@link #withPrecision} takes it
   */
  public static TrainingGraph of(
      Model model, Recipe recipe, boolean isMixed, DType precision, Distribution distribution) {
    return new StepBuilder(model, recipe, isMixed).build(precision, distribution);
  }

  /** This step with further activations readable, as gradients are for inspection. */
  public TrainingGraph withOutputs(Collection<Value> more) {
    List<Value> outputs = new ArrayList<>(graph.outputs());
    outputs.addAll(more);
    return withGraph(new Graph(graph.ops(), outputs));
  }

  /**
   * This step with activations of another type; weights, their gradients and the loss stay as they
   * are. To be done before {@link #fused}. In {@link DType#F16} the loss is {@linkplain LossScaling
   * scaled}, and so are the gradients.
   *
   * @param dtype as {@link MixedPrecision#of} takes it
   */
  public TrainingGraph withPrecision(DType dtype) {
    return withGraph(MixedPrecision.of(dtype == DType.F16 ? LossScaling.of(graph) : graph, dtype));
  }

  /**
   * This step with the fused forms of a backend.
   *
   * @param supports whether the backend can run an operation, as {@code backend::supports}
   */
  public TrainingGraph fused(Predicate<Op> supports) {
    return withGraph(Fusion.fuse(graph, supports));
  }

  /** The number of images of a step. */
  public int batch() {
    return images.shape().dim(0);
  }

  /** The number of classes. */
  public int classes() {
    return logits.shape().dim(1);
  }

  /** This step computed by another graph. */
  TrainingGraph withGraph(Graph other) {
    return new TrainingGraph(
        other,
        images,
        labels,
        targets,
        learningRate,
        controls,
        copies,
        logits,
        loss,
        counts,
        gradients);
  }
}
