package dev.residual.train;

import java.util.List;

/**
 * The learning rate of every step of a training.
 *
 * <p>Schedules are records, so that their text tells all about them. Epochs and batches count from
 * 0.
 */
public sealed interface Schedule {

  /**
   * The learning rate of a step.
   *
   * @param batches the number of batches in an epoch
   */
  double learningRate(int epoch, int batch, int batches);

  /**
   * This schedule with a linear rise in place of its first epochs, from the given rate to the one
   * due at their end.
   */
  default Schedule withWarmup(int epochs, double from) {
    return new LinearWarmup(this, epochs, from, false);
  }

  /** A linear rise from the given rate to the first one of this schedule, which begins after it. */
  default Schedule afterWarmup(int epochs, double from) {
    return new LinearWarmup(this, epochs, from, true);
  }

  /** One rate for ever. */
  record Constant(double rate) implements Schedule {
    /** Checks the rate. */
    public Constant {
      ScheduleNumbers.rate(rate);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      return rate;
    }
  }

  /**
   * A rate multiplied by a factor after every so many epochs.
   *
   * @param rate of the first epochs
   * @param every the number of epochs between changes
   * @param factor of each change
   */
  record Step(double rate, int every, double factor) implements Schedule {
    /** Checks the ranges. */
    public Step {
      ScheduleNumbers.rate(rate);
      ScheduleNumbers.rate(factor);
      ScheduleNumbers.epochs(every);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      return ScheduleNumbers.scaled(rate, factor, epoch / every);
    }
  }

  /**
   * A rate multiplied by a factor at the beginning of given epochs.
   *
   * @param rate of the first epochs
   * @param milestones the epochs, ascending
   * @param factor of each change
   */
  record MultiStep(double rate, List<Integer> milestones, double factor) implements Schedule {
    /** Checks the ranges and copies the list. */
    public MultiStep {
      milestones = List.copyOf(milestones);
      ScheduleNumbers.rate(rate);
      ScheduleNumbers.rate(factor);
      for (int i = 0; i < milestones.size(); i++) {
        if (milestones.get(i) < (i == 0 ? 0 : milestones.get(i - 1))) {
          throw new IllegalArgumentException("milestones " + milestones + " do not ascend from 0");
        }
      }
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      int passed = 0;
      while (passed < milestones.size() && milestones.get(passed) <= epoch) {
        passed++;
      }
      return ScheduleNumbers.scaled(rate, factor, passed);
    }
  }

  /**
   * Half a cosine, by step, from a rate to a minimum ("SGDR", Loshchilov and Hutter 2017, without
   * restarts).
   *
   * @param rate of the first step
   * @param minimum reached after the last step
   * @param epochs the number of epochs; the minimum holds after them
   */
  record Cosine(double rate, double minimum, int epochs) implements Schedule {
    /** Checks the ranges. */
    public Cosine {
      ScheduleNumbers.rate(rate);
      ScheduleNumbers.rate(minimum);
      ScheduleNumbers.epochs(epochs);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      double part = ScheduleNumbers.part(epoch, batch, batches, epochs);
      return minimum + (rate - minimum) * (1 + Math.cos(Math.PI * part)) / 2;
    }
  }

  /**
   * A polynomial decay, by step, from a rate to a minimum.
   *
   * @param rate of the first step
   * @param minimum reached after the last step
   * @param power the exponent; 1 is a straight line
   * @param epochs the number of epochs; the minimum holds after them
   */
  record Polynomial(double rate, double minimum, double power, int epochs) implements Schedule {
    /** Checks the ranges. */
    public Polynomial {
      ScheduleNumbers.rate(rate);
      ScheduleNumbers.rate(minimum);
      ScheduleNumbers.rate(power);
      ScheduleNumbers.epochs(epochs);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      double part = ScheduleNumbers.part(epoch, batch, batches, epochs);
      return minimum + (rate - minimum) * Math.pow(1 - part, power);
    }
  }

  /**
   * A linear rise, by step, before or over the beginning of another schedule.
   *
   * @param main the schedule that follows
   * @param epochs the number of epochs of the rise
   * @param from the rate of the first step
   * @param shifted whether the other schedule begins after the rise, as in PyTorch's {@code
   *     SequentialLR}, rather than running underneath it
   */
  record LinearWarmup(Schedule main, int epochs, double from, boolean shifted) implements Schedule {
    /** Checks the ranges. */
    public LinearWarmup {
      ScheduleNumbers.rate(from);
      ScheduleNumbers.epochs(epochs);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      int begin = shifted ? epochs : 0;
      if (epoch >= epochs) {
        return main.learningRate(epoch - begin, batch, batches);
      }
      double to = main.learningRate(epochs - begin, 0, batches);
      return from + (to - from) * ScheduleNumbers.part(epoch, batch, batches, epochs);
    }
  }

  /**
   * A low rate over the first epochs of another schedule, as for the 110 layers of "Deep Residual
   * Learning", section 4.2.
   *
   * @param main the schedule that runs underneath and holds afterwards
   * @param epochs the number of epochs at the low rate
   * @param rate the low rate
   */
  record ConstantWarmup(Schedule main, int epochs, double rate) implements Schedule {
    /** Checks the ranges. */
    public ConstantWarmup {
      ScheduleNumbers.rate(rate);
      ScheduleNumbers.epochs(epochs);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      return epoch < epochs ? rate : main.learningRate(epoch, batch, batches);
    }
  }
}
