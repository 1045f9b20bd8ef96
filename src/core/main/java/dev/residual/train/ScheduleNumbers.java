package dev.residual.train;

/** The checks and fractions that schedules share. */
final class ScheduleNumbers {
  private ScheduleNumbers() {}

  static void rate(double rate) {
    if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "a schedule is given " + rate + ", its numbers must be at least 0 and finite");
    }
  }

  static void part(double part) {
    if (!(part >= 0 && part <= 1)) {
      throw new IllegalArgumentException(
          "a schedule is given " + part + " as a part of its steps, it must be in [0, 1]");
    }
  }

  static void divisor(double divisor) {
    if (!(divisor > 0 && divisor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "a schedule is to divide by " + divisor + ", it must be above 0 and finite");
    }
  }

  static void epochs(int epochs) {
    if (epochs < 1) {
      throw new IllegalArgumentException(
          "a schedule is given " + epochs + " epochs, it needs at least 1");
    }
  }

  /** The part of these epochs that is over before this step, at most 1. */
  static double part(int epoch, int batch, int batches, int epochs) {
    return epoch >= epochs ? 1 : ((double) epoch * batches + batch) / ((double) epochs * batches);
  }

  /** Repeated products, as PyTorch forms them, rather than a power. */
  static double scaled(double rate, double factor, int times) {
    double scaled = rate;
    for (int i = 0; i < times; i++) {
      scaled *= factor;
    }
    return scaled;
  }
}
