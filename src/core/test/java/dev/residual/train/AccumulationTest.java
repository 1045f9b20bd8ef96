package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.passes.GradientAccumulation;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Trainings whose updates take the mean gradient of several steps. */
class AccumulationTest {
  private static final int BATCH = 4;
  private static final SyntheticSource SOURCE = new SyntheticSource(1, 3 * BATCH, BATCH);

  private static Recipe recipe(int steps) {
    return new Recipe(1, BATCH, new Sgd(0.9, 0), new Schedule.Constant(0.1), 0)
        .withAccumulation(steps);
  }

  private static Trainer trainer(Recipe recipe) {
    TrainingGraph graph =
        TrainingGraph.of(TinyNetwork.network().training(BATCH), recipe, false, DType.F32);
    return new Trainer(Backends.reference(), new CompileOptions(1), graph, TinyNetwork.weights(3));
  }

  @Test
  void theLastUpdateTakesTheStepsThatAreLeft() throws IOException {
    Weights first = TinyNetwork.weights(3);
    for (int steps : List.of(2, 8)) {
      Recipe recipe = recipe(steps);
      List<Weights> saved = new ArrayList<>();
      try (Trainer trainer = trainer(recipe)) {
        new Training(trainer, recipe, SOURCE, Map.of())
            .savedTo(state -> saved.add(state.weights()), 0)
            .run(TrainingListener.NONE);
      }
      assertThat(saved).hasSize(3);
      assertThat(isLike(saved.getFirst(), first)).isTrue();
      assertThat(isLike(saved.get(1), first)).isEqualTo(steps == 8);
      assertThat(isLike(saved.getLast(), saved.get(1))).as("%s steps", steps).isFalse();
    }
  }

  private static boolean isLike(Weights found, Weights expected) {
    String name = "linear.weight";
    return List.of(found.get(name).toFloats()[0], found.get(name).toFloats()[1])
        .equals(List.of(expected.get(name).toFloats()[0], expected.get(name).toFloats()[1]));
  }

  @Test
  void aMeanThatOverflowedIsSavedAndAVelocityThatDidIsNot() {
    Recipe recipe = recipe(2);
    try (Trainer trainer = trainer(recipe)) {
      Training training = new Training(trainer, recipe, SOURCE, Map.of());
      trainer.restore(trainer.weights(), spoilt(trainer, GradientAccumulation::isMean));
      assertThat(training.state().states().tensors()).isNotEmpty();
      trainer.restore(trainer.weights(), spoilt(trainer, name -> name.contains("velocity")));
      assertThatThrownBy(training::state).isInstanceOf(DivergenceException.class);
    }
  }

  private static Weights spoilt(Trainer trainer, Predicate<String> names) {
    Map<String, Tensor> states = new HashMap<>(trainer.states().tensors());
    String name = states.keySet().stream().filter(names).findFirst().orElseThrow();
    Value value =
        trainer.graph().graph().values(Role.STATE).stream()
            .filter(one -> one.name().equals(name))
            .findFirst()
            .orElseThrow();
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    tensor.set(0, Double.POSITIVE_INFINITY);
    states.put(name, tensor);
    return new Weights(states);
  }
}
