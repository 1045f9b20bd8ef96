package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.Backends;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every feature of a recipe changes what is learnt, and a resumed training ends with the same bits.
 */
class RecipeFeaturesTest {
  private static final int BATCH = 4;
  private static final int EPOCHS = 3;
  private static final Map<String, String> SETTINGS = Map.of("model", "tiny");
  private static final SyntheticSource SOURCE = new SyntheticSource(1, 24, BATCH);
  private static final SyntheticSource TEST = new SyntheticSource(2, 10, BATCH);
  private static final Schedule COSINE = new Schedule.Cosine(0.05, 0, EPOCHS);
  private static final Recipe PLAIN = new Recipe(EPOCHS, BATCH, new Sgd(0.9, 1e-4), COSINE, 0);

  private record End(Weights weights, Weights states, Weights trained) {}

  static Map<String, Recipe> features() {
    Map<String, Recipe> features = new LinkedHashMap<>();
    features.put("plain", PLAIN);
    features.put(
        "groups",
        PLAIN.withGroups(
            List.of(
                new ParameterGroup("layer1.*", new Schedule.Scaled(COSINE, 0.1), null),
                new ParameterGroup("linear.*", null, new Sgd(0.5, 0)))));
    features.put("moving average", PLAIN.withAveraging(new Averaging.Exponential(0.8)));
    features.put("lookahead", PLAIN.withAveraging(new Averaging.Lookahead(4, 0.5, 0)));
    features.put("rising lookahead", PLAIN.withAveraging(new Averaging.Lookahead(5, 0.77, 3)));
    features.put("accumulation", PLAIN.withAccumulation(4));
    features.put("clipping", PLAIN.withClipping(0.1));
    features.put("clipped means", PLAIN.withAccumulation(2).withClipping(0.1));
    features.put("AdamW", with(new AdamW(0.05)));
    features.put("LARS", with(new Lars(0.01, 0.9, 1e-4, false)));
    features.put("Muon", with(new Muon(0.01, new Sgd(0.9, 0))));
    return features;
  }

  private static Recipe with(Optimizer optimizer) {
    return new Recipe(EPOCHS, BATCH, optimizer, new Schedule.OneCycle(0.01, EPOCHS), 0);
  }

  static List<Arguments> runs() {
    List<Arguments> runs = new ArrayList<>();
    features()
        .forEach(
            (name, recipe) -> {
              runs.add(Arguments.of("reference", name, recipe));
              runs.add(Arguments.of("cpu", name, recipe));
            });
    return runs;
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("runs")
  void aResumedTrainingEndsWithTheSameBits(String backend, String name, Recipe recipe)
      throws IOException {
    End undisturbed = run(backend, recipe, new ArrayList<>(), null);
    List<TrainingState> saved = new ArrayList<>();
    run(backend, recipe, saved, null);
    End resumed = run(backend, recipe, new ArrayList<>(), saved.get(8));
    TrainingTest.assertSame(resumed.weights(), undisturbed.weights());
    TrainingTest.assertSame(resumed.states(), undisturbed.states());
    TrainingTest.assertSame(resumed.trained(), undisturbed.trained());
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("runs")
  void aFeatureChangesWhatIsLearnt(String backend, String name, Recipe recipe) throws IOException {
    if (recipe.equals(PLAIN)) {
      return;
    }
    End plain = run(backend, PLAIN, new ArrayList<>(), null);
    End other = run(backend, recipe, new ArrayList<>(), null);
    assertThat(other.trained().get("layer1.0.conv1.weight").toFloats())
        .isNotEqualTo(plain.trained().get("layer1.0.conv1.weight").toFloats());
  }

  private static End run(
      String name, Recipe recipe, List<TrainingState> saved, TrainingState resumed)
      throws IOException {
    Backend backend = Backends.named(name);
    TrainingGraph graph =
        TrainingGraph.of(TinyNetwork.network().training(BATCH), recipe, false, DType.F32);
    try (Trainer trainer =
            new Trainer(backend, new CompileOptions(1), graph, TinyNetwork.weights(3));
        Evaluator evaluator = EvaluatorTest.evaluator(backend)) {
      Training training =
          new Training(trainer, recipe, SOURCE, SETTINGS)
              .evaluatedBy(evaluator, TEST)
              .savedTo(saved::add, 0);
      if (resumed != null) {
        training.restore(resumed);
      }
      training.run(TrainingListener.NONE);
      return new End(trainer.weights(), trainer.states(), trainer.trained());
    }
  }
}
