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

  /** This schedule with all rates multiplied. */
  default Schedule scaled(double factor) {
    return new Scaled(this, factor);
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

  /**
   * A rise to a rate and a longer fall, by step, as PyTorch's {@code OneCycleLR} (Smith and Topin
   * 2018, "Super-Convergence").
   *
   * @param rate the largest
   * @param rise the part of the steps that rise, in [0, 1]
   * @param initial what the largest rate is divided by for the first step, above 0
   * @param last what the rate of the first step is divided by for the last, above 0
   * @param cosine whether rise and fall are half cosines; else straight lines
   * @param epochs the number of epochs; the rate of the last step holds after them
   */
  record OneCycle(double rate, double rise, double initial, double last, boolean cosine, int epochs)
      implements Schedule {
    /** Checks the ranges. */
    public OneCycle {
      ScheduleNumbers.rate(rate);
      ScheduleNumbers.part(rise);
      ScheduleNumbers.divisor(initial);
      ScheduleNumbers.divisor(last);
      ScheduleNumbers.epochs(epochs);
    }

    /** With PyTorch's other numbers: a rise from 1/25 over 30 % of the steps. */
    public OneCycle(double rate, int epochs) {
      this(rate, 0.3, 25, 1e4, true, epochs);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      double step = (double) epoch * batches + batch;
      double end = (double) epochs * batches - 1;
      double peak = rise * (end + 1) - 1;
      double first = rate / initial;
      if (step <= peak) {
        return peak == 0 ? rate : between(first, rate, step / peak);
      }
      return step >= end ? first / last : between(rate, first / last, (step - peak) / (end - peak));
    }

    private double between(double from, double to, double part) {
      return cosine
          ? to + (from - to) * (1 + Math.cos(Math.PI * part)) / 2
          : from + (to - from) * part;
    }
  }

  /**
   * A straight rise to a rate and a straight fall, by step, as in airbench.
   *
   * @param rate the largest
   * @param first the part of it with which the first step begins, at least 0
   * @param peak the part of the steps after which it is reached, in [0, 1]
   * @param last the part of it that is reached after the last step, at least 0
   * @param epochs the number of epochs; the last rate holds after them
   */
  record Triangle(double rate, double first, double peak, double last, int epochs)
      implements Schedule {
    /** Checks the ranges. */
    public Triangle {
      ScheduleNumbers.rate(rate);
      ScheduleNumbers.rate(first);
      ScheduleNumbers.part(peak);
      ScheduleNumbers.rate(last);
      ScheduleNumbers.epochs(epochs);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      double part = ScheduleNumbers.part(epoch, batch, batches, epochs);
      return part < peak
          ? rate * (first + (1 - first) * part / peak)
          : rate * (last + (1 - last) * (part == 1 ? 0 : (1 - part) / (1 - peak)));
    }
  }

  /**
   * Another schedule with all rates multiplied, as for a group of parameters.
   *
   * @param main the other schedule
   * @param factor at least 0
   */
  record Scaled(Schedule main, double factor) implements Schedule {
    /** Checks the factor. */
    public Scaled {
      ScheduleNumbers.rate(factor);
    }

    @Override
    public double learningRate(int epoch, int batch, int batches) {
      return factor * main.learningRate(epoch, batch, batches);
    }
  }
}
