package dev.residual.train;

import dev.residual.nn.Weights;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything needed to go on with a training as if it had not stopped, bit for bit.
 *
 * @param settings what must be the same then, as text by name: model, data, recipe, seed
 * @param epoch the epoch of the next step, from 0
 * @param batch the batch of the next step, from 0; the number of batches if only the evaluation of
 *     the epoch is left
 * @param totals of the epoch so far
 * @param weights of the network
 * @param states what else steps change: velocities, random states, a loss scale
 * @param metrics of the epochs done
 */
public record TrainingState(
    Map<String, String> settings,
    int epoch,
    int batch,
    Totals totals,
    Weights weights,
    Weights states,
    List<Metrics> metrics) {
  private static final String EPOCHS = "epochs";
  private static final String PATIENCE = "patience";
  private static final List<String> NUMBERS = List.of(EPOCHS, PATIENCE);

  /**
   * Copies map and list.
   *
   * @throws IllegalArgumentException if the position is negative, there is not one row of metrics
   *     for each epoch done, in order, or a setting that is a number is none
   */
  public TrainingState {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    metrics = List.copyOf(metrics);
    if (epoch < 0 || batch < 0) {
      throw new IllegalArgumentException(
          "position: epoch " + epoch + ", batch " + batch + ", neither can be negative");
    }
    if (metrics.size() != epoch) {
      throw new IllegalArgumentException(
          "metrics of %d epochs where %d are done".formatted(metrics.size(), epoch));
    }
    for (int i = 0; i < epoch; i++) {
      if (metrics.get(i).epoch() != i + 1) {
        throw new IllegalArgumentException(
            "metrics of epoch %d in place of epoch %d".formatted(metrics.get(i).epoch(), i + 1));
      }
    }
    for (String setting : NUMBERS) {
      int ignored = number(settings, setting, 0);
    }
  }

  /** Whether the training has done its epochs, or has lost patience. */
  public boolean isComplete() {
    return Recipe.isComplete(
        number(settings, EPOCHS, epoch), number(settings, PATIENCE, 0), metrics);
  }

  private static int number(Map<String, String> settings, String setting, int absent) {
    String text = settings.get(setting);
    try {
      return text == null ? absent : Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "the setting %s is '%s', expected a whole number".formatted(setting, text), e);
    }
  }

  /** The weights to be used: their averages, where the training keeps these. */
  public Weights trained() {
    return Averaging.trained(weights, states);
  }

  /** How these settings differ from those of a training, one line each; empty if they do not. */
  public List<String> differences(Map<String, String> others) {
    Set<String> names = new LinkedHashSet<>(others.keySet());
    names.addAll(settings.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String own = settings.getOrDefault(name, "absent");
      String other = others.getOrDefault(name, "absent");
      if (!own.equals(other)) {
        differences.add("%s is %s, now %s".formatted(name, own, other));
      }
    }
    return differences;
  }
}
