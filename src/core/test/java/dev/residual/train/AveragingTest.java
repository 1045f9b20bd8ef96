package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.engine.CompileOptions;
import dev.residual.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Averages against the formulas, computed from the weights after each step. */
class AveragingTest {
  private static final int BATCH = 4;
  private static final int STEPS = 12;
  private static final String WEIGHT = "layer1.0.conv1.weight";
  private static final String STATISTIC = "layer1.0.bn1.running_var";
  private static final SyntheticSource SOURCE = new SyntheticSource(1, BATCH * STEPS, BATCH);

  private static Recipe recipe(Averaging averaging) {
    return new Recipe(1, BATCH, new Sgd(0.9, 0), new Schedule.Constant(0.1), 0)
        .withAveraging(averaging);
  }

  /** The weights, or what is used of them, before all steps and after each. */
  private static List<float[]> after(Recipe recipe, String name, boolean trained) {
    TrainingGraph graph =
        TrainingGraph.of(TinyNetwork.network().training(BATCH), recipe, false, DType.F32);
    List<float[]> all = new ArrayList<>();
    try (Trainer trainer =
        new Trainer(Backends.cpu(), new CompileOptions(1), graph, TinyNetwork.weights(3))) {
      all.add(trainer.weights().get(name).toFloats());
      for (int batch = 0; batch < STEPS; batch++) {
        for (Control control : graph.controls()) {
          trainer.set(control.value(), control.rule().at(0, batch, STEPS));
        }
        trainer.step(SOURCE.batch(0, batch), 0.1);
        all.add((trained ? trainer.trained() : trainer.weights()).get(name).toFloats());
      }
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {WEIGHT, STATISTIC})
  void aMovingAverageIsTheSumOfDecayingParts(String name) {
    List<float[]> weights = after(recipe(Averaging.NONE), name, true);
    List<float[]> averages = after(recipe(new Averaging.Exponential(0.35)), name, true);
    double average = weights.getFirst()[0];
    for (int step = 0; step < STEPS; step++) {
      double decay = Math.min(0.35, (1.0 + step) / (10.0 + step));
      average = decay * average + (1 - decay) * weights.get(step + 1)[0];
      assertThat((double) averages.get(step + 1)[0])
          .isCloseTo(average, within(1e-6 * Math.abs(average)));
    }
    assertThat(average).as("it lags").isNotCloseTo(weights.getLast()[0], within(1e-5));
    assertThat(after(recipe(new Averaging.Exponential(0.35)), name, false).getLast())
        .as("training goes on with the weights themselves")
        .containsExactly(weights.getLast());
  }

  /** Steps of plain descent with a rate of 0 stay where lookahead brings them. */
  @Test
  void slowWeightsGoHalfWay() {
    List<float[]> plain = after(recipe(Averaging.NONE), WEIGHT, true);
    List<float[]> slow = after(recipe(new Averaging.Lookahead(4, 0.5, 0)), WEIGHT, true);
    for (int step = 1; step < 4; step++) {
      assertThat(slow.get(step)).as("before the first move").containsExactly(plain.get(step));
    }
    float middle = (plain.getFirst()[0] + plain.get(4)[0]) / 2;
    assertThat(slow.get(4)[0]).isCloseTo(middle, within(1e-6f));
  }

  @Test
  void lookaheadMovesEverySoManyUpdatesAndAfterTheLast() {
    Averaging.Lookahead share = new Averaging.Lookahead(5, 0.8, 3);
    assertThat(share.at(3, 12)).isEqualTo(0);
    assertThat(share.at(4, 12)).isCloseTo(1 - 0.8 * Math.pow(5 / 12.0, 3), within(1e-12));
    assertThat(share.at(11, 12)).isCloseTo(0.2, within(1e-12));
    assertThat(new Averaging.Lookahead(1, 0.5, 0).at(0, 10)).isEqualTo(0.5);
  }

  @Test
  void onlyUpdatesCount() {
    Recipe recipe = recipe(new Averaging.Exponential(0.9)).withAccumulation(3);
    Controls controls = new Controls(recipe, DType.F32);
    controls.addForUpdates("share", (update, updates) -> 1 + update + 100 * updates);
    Control share = controls.all().getFirst();
    assertThat(share.rule().at(0, 0, 6)).isEqualTo(0);
    assertThat(share.rule().at(0, 1, 6)).isEqualTo(0);
    assertThat(share.rule().at(0, 2, 6)).isEqualTo(201);
    assertThat(share.rule().at(0, 5, 6)).isEqualTo(202);
    int last = recipe.epochs() - 1;
    long updates = Math.ceilDiv(recipe.epochs() * 5, 3);
    assertThat(share.rule().at(last, 4, 5)).isEqualTo(updates + 100 * updates);
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    assertThatThrownBy(() -> new Averaging.Exponential(1)).hasMessageContaining("decay is 1.0");
    assertThatThrownBy(() -> new Averaging.Lookahead(0, 0.5, 0))
        .hasMessageContaining("every 0 updates");
    assertThatThrownBy(() -> new Averaging.Lookahead(1, 1.5, 0)).hasMessageContaining("1.5");
    assertThatThrownBy(() -> new Averaging.Lookahead(1, 0.5, -1)).hasMessageContaining("-1.0");
  }
}
