package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PresetsTest {
  @Test
  void cifarIsThePapers() {
    assertThat(Presets.cifar(20, 164))
        .isEqualTo(
            new Recipe(
                164,
                128,
                new Sgd(0.9, 1e-4, false, true),
                new Schedule.MultiStep(0.1, List.of(82, 123), 0.1),
                0));
  }

  @Test
  void cifarShortensInProportion() {
    assertThat(Presets.cifar(56, 10).schedule())
        .isEqualTo(new Schedule.MultiStep(0.1, List.of(5, 8), 0.1));
  }

  @Test
  void deepCifarNetworksWarmUp() {
    Schedule schedule = Presets.cifar(110, 164).schedule();
    assertThat(schedule.learningRate(0, 390, 391)).isEqualTo(0.01);
    assertThat(schedule.learningRate(1, 0, 391)).isEqualTo(0.1);
    assertThat(schedule.learningRate(81, 390, 391)).isEqualTo(0.1);
    assertThat(schedule.learningRate(82, 0, 391)).isEqualTo(0.1 * 0.1);
  }

  @Test
  void imagenetIsThePapersInEpochs() {
    assertThat(Presets.imagenet(90))
        .isEqualTo(
            new Recipe(
                90,
                256,
                new Sgd(0.9, 1e-4, false, true),
                new Schedule.MultiStep(0.1, List.of(30, 60, 80), 0.1),
                0));
  }

  @Test
  void theFirstEpochIsNeverDivided() {
    assertThat(Presets.imagenet(1).schedule().learningRate(0, 0, 10)).isEqualTo(0.1);
    assertThat(Presets.cifar(20, 1).schedule().learningRate(0, 0, 10)).isEqualTo(0.1);
  }
}
