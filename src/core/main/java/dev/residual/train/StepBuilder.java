package dev.residual.train;

import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Role;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.graph.passes.GradientAccumulation;
import dev.residual.graph.passes.GradientClipping;
import dev.residual.graph.passes.Gradients;
import dev.residual.graph.passes.LossScaling;
import dev.residual.graph.passes.MixedPrecision;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Puts a {@link TrainingGraph} together. */
final class StepBuilder {
  private final Model model;
  private final Recipe recipe;
  private final DType dtype;
  private final Value labels;
  private final @Nullable Value targets;
  private final Value learningRate;
  private final Controls controls;
  private final Map<ParameterGroup, Value> rates = new HashMap<>();

  StepBuilder(Model whole, Recipe recipe, boolean isMixed) {
    recipe.requireNames(whole.graph().values(Role.PARAMETER).stream().map(Value::name).toList());
    model = recipe.frozen().isEmpty() ? whole : whole.freeze(recipe::freezes);
    if (model.trained().isEmpty()) {
      throw new IllegalArgumentException(model.name() + " has no parameters that are trained");
    }
    this.recipe = recipe;
    dtype = model.logits().dtype();
    labels = Value.input("labels", Shape.of(model.logits().shape().dim(0)), DType.I32);
    targets = isMixed ? Value.input("targets", model.logits().shape(), dtype) : null;
    learningRate = Value.input("learning_rate", Shape.SCALAR, dtype);
    controls = new Controls(recipe, dtype);
  }

  TrainingGraph build(DType precision, Distribution distribution) {
    List<Op> ops = new ArrayList<>(model.graph().ops());
    // First, since it names a label that is no class on every backend.
    TopK ranking = Ranking.of(model.logits(), labels, null);
    ops.add(ranking);
    ModelLoss loss = ModelLoss.of(model, targets == null ? labels : targets, recipe.smoothing());
    ops.addAll(loss.ops());
    List<Value> outputs = List.of(loss.value(), ranking.counts(), model.logits());
    Graph forward = new Graph(ops, outputs);
    Gradients gradients = Gradients.of(forward, loss.value(), model.trained());

    Graph step = distribution.apply(withUpdates(gradients, outputs));
    if (recipe.accumulation() > 1) {
      step = accumulating(step);
    }
    if (precision == DType.F16) {
      step = LossScaling.of(step);
    }
    if (recipe.clipping() < Double.POSITIVE_INFINITY) {
      step = GradientClipping.of(step, recipe.clipping());
    }
    WeightAverages averages = WeightAverages.of(recipe.averaging(), changing(forward), controls);
    List<Op> all = new ArrayList<>(step.ops());
    all.addAll(averages.ops());
    step = new Graph(all, outputs);
    return new TrainingGraph(
        precision == dtype ? step : MixedPrecision.of(step, precision),
        model.images(),
        labels,
        targets,
        learningRate,
        controls.all(),
        averages.copies(),
        model.logits(),
        loss.value(),
        ranking.counts(),
        gradients.of());
  }

  /** The weights that steps change: trained parameters and running statistics. */
  private List<Value> changing(Graph forward) {
    Set<Value> updated =
        forward.ops().stream().flatMap(op -> op.updates().stream()).collect(Collectors.toSet());
    updated.addAll(model.trained());
    return Weights.values(forward).stream().filter(updated::contains).toList();
  }

  /** Gradients are no outputs of the result, so that their memory is free to be used again. */
  private Graph withUpdates(Gradients gradients, List<Value> outputs) {
    List<Op> ops = new ArrayList<>(gradients.graph().ops());
    for (Value value : gradients.graph().values()) {
      Value gradient = gradients.of().get(value);
      if (gradient != null) {
        Optional<ParameterGroup> group =
            recipe.groups().stream().filter(one -> one.contains(value.name())).findFirst();
        Optimizer rule = group.map(ParameterGroup::optimizer).orElse(recipe.optimizer());
        ops.add(rule.update(value, gradient, group.map(this::rate).orElse(learningRate)));
      }
    }
    return new Graph(ops, outputs);
  }

  private Graph accumulating(Graph step) {
    int steps = recipe.accumulation();
    Value share =
        controls.add(
            "accumulated_share",
            (epoch, batch, batches) -> 1.0 / (1 + ((long) epoch * batches + batch) % steps));
    Value factor = controls.addForUpdates("update_factor", (update, updates) -> 1);
    return GradientAccumulation.of(step, share, factor);
  }

  private Value rate(ParameterGroup group) {
    Schedule schedule = group.schedule();
    return schedule == null
        ? learningRate
        : rates.computeIfAbsent(
            group,
            one -> controls.add("learning_rate." + (rates.size() + 1), schedule::learningRate));
  }
}
