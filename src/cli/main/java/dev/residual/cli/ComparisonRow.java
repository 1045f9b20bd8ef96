package dev.residual.cli;

import dev.residual.nn.Summary;
import dev.residual.train.Metrics;
import java.util.List;

/**
 * A network that was trained for a comparison.
 *
 * @param name of the network
 * @param summary its size
 * @param metrics of all epochs
 */
record ComparisonRow(String name, Summary summary, List<Metrics> metrics) {

  /** The time of training, evaluation left out. */
  double seconds() {
    return metrics.stream().mapToDouble(Metrics::seconds).sum();
  }

  /** The part of the training images that the last epoch got wrong. */
  double trainError() {
    return 1 - metrics.getLast().trainTop1();
  }

  /** The part of the images held out that are wrong after the last epoch. */
  double testError() {
    return 1 - metrics.getLast().testTop1();
  }
}
