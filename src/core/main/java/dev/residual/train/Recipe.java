package dev.residual.train;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How a network is trained.
 *
 * @param epochs the number of passes over the images
 * @param batch the number of images of a step
 * @param optimizer the rule of the updates
 * @param schedule the learning rates
 * @param smoothing of the labels, in [0, 1]
 * @param groups of parameters that are trained otherwise; the first that contains one counts
 * @param frozen names of parameters that stay as they are, where {@code *} stands for any
 *     characters
 * @param accumulation the number of steps whose mean gradient makes an update
 * @param clipping the largest norm of all gradients together; longer ones are shortened to it;
 *     infinite for none
 * @param averaging of the weights over the steps
 * @param patience the number of epochs without a better accuracy after which training ends; 0 to
 *     train to the last epoch
 */
public record Recipe(
    int epochs,
    int batch,
    Optimizer optimizer,
    Schedule schedule,
    double smoothing,
    List<ParameterGroup> groups,
    List<String> frozen,
    int accumulation,
    double clipping,
    Averaging averaging,
    int patience) {

  /**
   * Checks the ranges and copies the lists.
   *
   * @throws IllegalArgumentException if a number is outside of its range
   */
  public Recipe {
    groups = List.copyOf(groups);
    frozen = List.copyOf(frozen);
    if (epochs < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "%d epochs of batches of %d: each must be at least 1".formatted(epochs, batch));
    }
    if (!(smoothing >= 0 && smoothing <= 1)) {
      throw new IllegalArgumentException(
          "label smoothing is " + smoothing + ", it must be in [0, 1]");
    }
    if (accumulation < 1) {
      throw new IllegalArgumentException(
          "accumulation is " + accumulation + " steps, it must be at least 1");
    }
    if (!(clipping > 0)) {
      throw new IllegalArgumentException("clipping is " + clipping + ", it must be above 0");
    }
    if (patience < 0) {
      throw new IllegalArgumentException("patience is " + patience + ", it must be at least 0");
    }
  }

  /** A recipe with one update a step for all parameters alike. */
  public Recipe(int epochs, int batch, Optimizer optimizer, Schedule schedule, double smoothing) {
    this(
        epochs,
        batch,
        optimizer,
        schedule,
        smoothing,
        List.of(),
        List.of(),
        1,
        Double.POSITIVE_INFINITY,
        Averaging.NONE,
        0);
  }

  /** This recipe with groups of parameters that are trained otherwise. */
  public Recipe withGroups(List<ParameterGroup> others) {
    return new Recipe(
        epochs,
        batch,
        optimizer,
        schedule,
        smoothing,
        others,
        frozen,
        accumulation,
        clipping,
        averaging,
        patience);
  }

  /** This recipe with parameters that stay as they are. */
  public Recipe withFrozen(List<String> names) {
    return new Recipe(
        epochs,
        batch,
        optimizer,
        schedule,
        smoothing,
        groups,
        names,
        accumulation,
        clipping,
        averaging,
        patience);
  }

  /** This recipe with an update by the mean gradient of so many steps. */
  public Recipe withAccumulation(int steps) {
    return new Recipe(
        epochs, batch, optimizer, schedule, smoothing, groups, frozen, steps, clipping, averaging,
        patience);
  }

  /** This recipe with gradients whose norm is at most this. */
  public Recipe withClipping(double norm) {
    return new Recipe(
        epochs,
        batch,
        optimizer,
        schedule,
        smoothing,
        groups,
        frozen,
        accumulation,
        norm,
        averaging,
        patience);
  }

  /** This recipe with an average of the weights. */
  public Recipe withAveraging(Averaging other) {
    return new Recipe(
        epochs,
        batch,
        optimizer,
        schedule,
        smoothing,
        groups,
        frozen,
        accumulation,
        clipping,
        other,
        patience);
  }

  /** This recipe that ends after so many epochs without a better accuracy. */
  public Recipe withPatience(int number) {
    return new Recipe(
        epochs,
        batch,
        optimizer,
        schedule,
        smoothing,
        groups,
        frozen,
        accumulation,
        clipping,
        averaging,
        number);
  }

  /** Whether a parameter of this name stays as it is. */
  public boolean freezes(String name) {
    return frozen.stream().anyMatch(pattern -> ParameterGroup.matches(pattern, name));
  }

  /**
   * Checks that each name of a group, and of what is frozen, is that of a parameter.
   *
   * @param parameters the names of all parameters
   * @throws IllegalArgumentException naming one that is not
   */
  public void requireNames(Collection<String> parameters) {
    Stream.concat(frozen.stream(), groups.stream().map(ParameterGroup::names))
        .filter(pattern -> parameters.stream().noneMatch(n -> ParameterGroup.matches(pattern, n)))
        .findFirst()
        .ifPresent(
            pattern -> {
              throw new IllegalArgumentException(
                  "no parameter is called '%s': there are %s ..."
                      .formatted(pattern, parameters.stream().limit(4).toList()));
            });
  }

  /** Whether a training with these metrics has done all its epochs, or has lost patience. */
  public boolean isComplete(List<Metrics> metrics) {
    return isComplete(epochs, patience, metrics);
  }

  static boolean isComplete(int epochs, int patience, List<Metrics> metrics) {
    if (metrics.size() >= epochs) {
      return true;
    }
    int best = 0;
    for (int i = 1; i < metrics.size(); i++) {
      if (metrics.get(i).testTop1() > metrics.get(best).testTop1()) {
        best = i;
      }
    }
    return patience > 0 && metrics.size() - 1 - best >= patience;
  }

  /** All of it as text by name, which tells whether a training can be resumed. */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("epochs", String.valueOf(epochs));
    settings.put("batch", String.valueOf(batch));
    settings.put("optimizer", optimizer.toString());
    settings.put("schedule", schedule.toString());
    settings.put("smoothing", String.valueOf(smoothing));
    settings.put("groups", groups.toString());
    settings.put("frozen", frozen.toString());
    settings.put("accumulation", String.valueOf(accumulation));
    settings.put("clipping", String.valueOf(clipping));
    settings.put("averaging", averaging.toString());
    settings.put("patience", String.valueOf(patience));
    return settings;
  }
}
