package dev.residual.train;

import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** The scalar inputs of a step that follow the recipe. */
final class Controls {
  private final Recipe recipe;
  private final DType dtype;
  private final List<Control> controls = new ArrayList<>();

  Controls(Recipe recipe, DType dtype) {
    this.recipe = recipe;
    this.dtype = dtype;
  }

  /** A number for every step. */
  Value add(String name, Control.Rule rule) {
    Value value = Value.input(name, Shape.SCALAR, dtype);
    controls.add(new Control(value, rule));
    return value;
  }

  /**
   * A number for the steps that end with an update; 0 for the others. The last step does, however
   * few came before it.
   */
  Value addForUpdates(String name, Averaging.Share share) {
    int steps = recipe.accumulation();
    return add(
        name,
        (epoch, batch, batches) -> {
          long step = (long) epoch * batches + batch;
          long all = (long) recipe.epochs() * batches;
          boolean isLast = (step + 1) % steps == 0 || step + 1 == all;
          return isLast ? share.at(step / steps, Math.ceilDiv(all, steps)) : 0;
        });
  }

  List<Control> all() {
    return List.copyOf(controls);
  }
}
