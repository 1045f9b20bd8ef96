package dev.residual.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * The expected rates are what torch.optim.lr_scheduler of PyTorch 2.13 gives for an SGD of rate
 * 0.1: the rate before each of n calls of step(), called once an epoch or once a batch.
 */
class ScheduleTest {
  private static final Offset<Double> TOLERANCE = Offset.offset(1e-15);

  @Test
  void stepChangesEverySoManyEpochs() { // StepLR(optimizer, 3, 0.1)
    assertEpochs(
        new Schedule.Step(0.1, 3, 0.1),
        0.1,
        0.1,
        0.1,
        0.010000000000000002,
        0.010000000000000002,
        0.010000000000000002,
        0.0010000000000000002,
        0.0010000000000000002,
        0.0010000000000000002,
        0.00010000000000000003);
  }

  @Test
  void multiStepChangesAtMilestones() { // MultiStepLR(optimizer, [5, 8], 0.1)
    assertEpochs(
        new Schedule.MultiStep(0.1, List.of(5, 8), 0.1),
        0.1,
        0.1,
        0.1,
        0.1,
        0.1,
        0.010000000000000002,
        0.010000000000000002,
        0.010000000000000002,
        0.0010000000000000002,
        0.0010000000000000002);
  }

  @Test
  void cosineFallsByStep() { // CosineAnnealingLR(optimizer, 12, eta_min=0.001)
    assertSteps(
        new Schedule.Cosine(0.1, 0.001, 3),
        0.1,
        0.09831332840130888,
        0.09336825748732973,
        0.0855017856687341,
        0.07525000000000001,
        0.06331154273257479,
        0.05050000000000001,
        0.037688457267425236,
        0.025750000000000016,
        0.015498214331265903,
        0.007631742512670285,
        0.0026866715986911243);
  }

  @Test
  void polynomialFallsByStep() { // PolynomialLR(optimizer, 12, power=2.0)
    assertSteps(
        new Schedule.Polynomial(0.1, 0, 2, 3),
        0.1,
        0.08402777777777777,
        0.06944444444444445,
        0.05624999999999999,
        0.04444444444444444,
        0.03402777777777776,
        0.024999999999999994,
        0.017361111111111105,
        0.011111111111111112,
        0.006249999999999999,
        0.002777777777777776,
        0.000694444444444445);
  }

  @Test
  void warmupComesBeforeAShiftedSchedule() {
    // SequentialLR(optimizer, [LinearLR(optimizer, 0.01, total_iters=6),
    //   CosineAnnealingLR(optimizer, 6)], [6]), in epochs of two batches
    Schedule schedule = new Schedule.Cosine(0.1, 0, 3).afterWarmup(3, 0.001);
    double[] expected = {
      0.001,
      0.0175,
      0.034,
      0.0505,
      0.067,
      0.0835,
      0.1,
      0.09330127018922195,
      0.07500000000000001,
      0.05,
      0.025000000000000012,
      0.006698729810778065
    };
    for (int i = 0; i < expected.length; i++) {
      assertThat(schedule.learningRate(i / 2, i % 2, 2)).isCloseTo(expected[i], TOLERANCE);
    }
  }

  @Test
  void warmupOverTheBeginningLeavesTheRestInPlace() {
    Schedule steps = new Schedule.MultiStep(0.1, List.of(2, 4), 0.1);
    Schedule schedule = steps.withWarmup(1, 0);
    assertThat(schedule.learningRate(0, 0, 4)).isZero();
    assertThat(schedule.learningRate(0, 1, 4)).isCloseTo(0.025, TOLERANCE);
    for (int epoch = 1; epoch < 6; epoch++) {
      assertThat(schedule.learningRate(epoch, 3, 4)).isEqualTo(steps.learningRate(epoch, 3, 4));
    }
  }

  @Test
  void constantWarmupHoldsItsRate() {
    Schedule schedule = new Schedule.ConstantWarmup(new Schedule.Constant(0.1), 1, 0.01);
    assertThat(schedule.learningRate(0, 390, 391)).isEqualTo(0.01);
    assertThat(schedule.learningRate(1, 0, 391)).isEqualTo(0.1);
  }

  @Test
  void oneCycleRisesAndFalls() { // OneCycleLR(optimizer, max_lr=0.1, total_steps=12)
    assertSteps(
        new Schedule.OneCycle(0.1, 3),
        0.0040000000000000036,
        0.0349789654219583,
        0.08792851591221287,
        0.09944154354509119,
        0.09330129698414118,
        0.0811745653949763,
        0.06473789976951033,
        0.046263710266697504,
        0.028306099820869922,
        0.01334775301888306,
        0.0034566987425395223,
        4e-07);
    // pct_start=0.25, div_factor=10, final_div_factor=100
    assertSteps(
        new Schedule.OneCycle(0.1, 0.25, 10, 100, true, 3),
        0.009999999999999995,
        0.055,
        0.1,
        0.09698764640825613,
        0.08831391993379295,
        0.07502500000000001,
        0.05872372647446318,
        0.041376273525536834,
        0.02507500000000001,
        0.011786080066207053,
        0.0031123535917438796,
        0.0001);
  }

  @Test
  void oneCycleCanBeMadeOfLines() { // anneal_strategy='linear'
    Schedule schedule = new Schedule.OneCycle(0.1, 0.3, 25, 1e4, false, 3);
    assertSteps(
        schedule,
        0.004,
        0.04092307692307694,
        0.07784615384615387,
        0.09523811428571428,
        0.0833334,
        0.0714286857142857,
        0.05952397142857143,
        0.04761925714285714,
        0.03571454285714286,
        0.023809828571428576,
        0.01190511428571428,
        3.999999999976245e-07);
    assertThat(schedule.learningRate(7, 1, 4)).as("later").isCloseTo(4e-7, TOLERANCE);
  }

  @Test
  void aTriangleRisesAndFalls() { // 0.1 * numpy.interp(step / 12, [0, 0.23, 1], [0.2, 1, 0.07])
    Schedule schedule = new Schedule.Triangle(0.1, 0.2, 0.23, 0.07, 3);
    assertSteps(
        schedule,
        0.020000000000000004,
        0.04898550724637681,
        0.07797101449275362,
        0.09758441558441559,
        0.08751948051948054,
        0.07745454545454546,
        0.0673896103896104,
        0.05732467532467533,
        0.04725974025974027,
        0.037194805194805204,
        0.02712987012987014,
        0.017064935064935085);
    assertThat(schedule.learningRate(3, 0, 4)).as("later").isCloseTo(0.007, TOLERANCE);
    assertThat(new Schedule.Triangle(0.1, 0.2, 0, 0, 1).learningRate(0, 0, 4)).isEqualTo(0.1);
    assertThat(new Schedule.Triangle(0.1, 0.2, 1, 1, 1).learningRate(1, 0, 4)).isEqualTo(0.1);
  }

  @Test
  void allRatesCanBeMultiplied() {
    Schedule main = new Schedule.Cosine(0.1, 0.001, 3);
    assertThat(main.scaled(0.5).learningRate(1, 2, 4)).isEqualTo(main.learningRate(1, 2, 4) / 2);
    assertThat(main.scaled(0).learningRate(1, 2, 4)).isZero();
  }

  @Test
  void theMinimumHoldsAfterTheLastEpoch() {
    assertThat(new Schedule.Cosine(0.1, 0.01, 3).learningRate(7, 2, 4)).isCloseTo(0.01, TOLERANCE);
    assertThat(new Schedule.Polynomial(0.1, 0.01, 1, 3).learningRate(3, 0, 4)).isEqualTo(0.01);
  }

  @Test
  void wrongNumbersAreRefused() {
    assertThatThrownBy(() -> new Schedule.Constant(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> new Schedule.Step(0.1, 0, 0.1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Schedule.MultiStep(0.1, List.of(5, 3), 0.1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[5, 3]");
    assertThatThrownBy(() -> new Schedule.OneCycle(0.1, 1.5, 25, 1e4, true, 3))
        .hasMessageContaining("1.5 as a part of its steps, it must be in [0, 1]");
    assertThatThrownBy(() -> new Schedule.OneCycle(0.1, 0.3, 0, 1e4, true, 3))
        .hasMessageContaining("divide by 0.0");
    assertThatThrownBy(() -> new Schedule.Triangle(0.1, -1, 0.3, 1, 3))
        .hasMessageContaining("-1.0");
  }

  private static void assertEpochs(Schedule schedule, double... expected) {
    for (int epoch = 0; epoch < expected.length; epoch++) {
      for (int batch = 0; batch < 4; batch++) {
        assertThat(schedule.learningRate(epoch, batch, 4)).isCloseTo(expected[epoch], TOLERANCE);
      }
    }
  }

  private static void assertSteps(Schedule schedule, double... expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(schedule.learningRate(i / 4, i % 4, 4)).isCloseTo(expected[i], TOLERANCE);
    }
  }
}
