package dev.residual.bench.scenario;

import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.function.Predicate;

/** The search for the largest rate that holds, by bisection. */
final class RateSearch {
  private RateSearch() {}

  /**
   * What was measured at the largest rate tried that holds; empty if none does.
   *
   * @param most a rate that need not be exceeded
   * @param trials as many rates are tried; the largest is found to {@code most / 2^trials}
   */
  static <T> Optional<T> largest(
      double most, int trials, DoubleFunction<T> measure, Predicate<T> holds) {
    Optional<T> best = Optional.empty();
    double low = 0;
    double high = most;
    for (int i = 0; i < trials; i++) {
      double rate = (low + high) / 2;
      T measured = measure.apply(rate);
      if (holds.test(measured)) {
        best = Optional.of(measured);
        low = rate;
      } else {
        high = rate;
      }
    }
    return best;
  }
}
