package dev.residual.train;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a network is trained.
 *
 * @param epochs the number of passes over the images
 * @param batch the number of images of a step
 * @param optimizer the rule of the updates
 * @param schedule the learning rates
 * @param smoothing of the labels, in [0, 1]
 */
public record Recipe(
    int epochs, int batch, Optimizer optimizer, Schedule schedule, double smoothing) {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if epochs or batch are below 1 or the smoothing outside [0, 1]
   */
  public Recipe {
    if (epochs < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "%d epochs of batches of %d: each must be at least 1".formatted(epochs, batch));
    }
    if (!(smoothing >= 0 && smoothing <= 1)) {
      throw new IllegalArgumentException(
          "label smoothing is " + smoothing + ", it must be in [0, 1]");
    }
  }

  /** All of it as text by name, which tells whether a training can be resumed. */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("epochs", String.valueOf(epochs));
    settings.put("batch", String.valueOf(batch));
    settings.put("optimizer", optimizer.toString());
    settings.put("schedule", schedule.toString());
    settings.put("smoothing", String.valueOf(smoothing));
    return settings;
  }
}
