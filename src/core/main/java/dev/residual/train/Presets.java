package dev.residual.train;

import java.util.Arrays;
import java.util.List;

/** The recipes of "Deep Residual Learning for Image Recognition" (He et al. 2015). */
public final class Presets {
  private Presets() {}

  /**
   * Section 4.2, for CIFAR-10: batches of 128, a rate of 0.1 divided by 10 after half and three
   * quarters of the epochs (the paper's 64k steps are 164 epochs), momentum 0.9, decay 1e-4.
   *
   * @param layers of the network; from 110 on, the first epoch has a rate of 0.01
   * @param epochs at least 1
   */
  public static Recipe cifar(int layers, int epochs) {
    Schedule schedule = tenths(epochs, 1 / 2.0, 3 / 4.0);
    if (layers >= 110) {
      schedule = new Schedule.ConstantWarmup(schedule, 1, 0.01);
    }
    return new Recipe(epochs, 128, new Sgd(0.9, 1e-4), schedule, 0);
  }

  /**
   * Section 3.4, for ImageNet, with fixed epochs in place of plateaus as PyTorch's reference has
   * them: batches of 256, a rate of 0.1 divided by 10 after one, two thirds and eight ninths of the
   * epochs (30, 60 and 80 of 90), momentum 0.9, decay 1e-4.
   *
   * @param epochs at least 1
   */
  public static Recipe imagenet(int epochs) {
    Schedule schedule = tenths(epochs, 3 / 9.0, 6 / 9.0, 8 / 9.0);
    return new Recipe(epochs, 256, new Sgd(0.9, 1e-4), schedule, 0);
  }

  /** A rate of 0.1 divided by 10 after these parts of the epochs, but never before the first. */
  private static Schedule tenths(int epochs, double... parts) {
    List<Integer> milestones =
        Arrays.stream(parts)
            .mapToObj(part -> Math.max(1, (int) Math.round(epochs * part)))
            .toList();
    return new Schedule.MultiStep(0.1, milestones, 0.1);
  }
}
