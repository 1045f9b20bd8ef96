package dev.residual.cli;

import dev.residual.nn.Summary;
import dev.residual.train.Metrics;
import java.util.List;

/**
 * A network that was trained for a comparison.
 *
 * @param name of the network
 * @param summary its size
 * @param trained what its training came to
 */
record ComparisonRow(String name, Summary summary, Trained trained) {

  /** Those of all epochs. */
  List<Metrics> metrics() {
    return trained.metrics();
  }

  /** The time of training, evaluation left out. */
  double seconds() {
    return metrics().stream().mapToDouble(Metrics::seconds).sum();
  }

  /** The part of the training images that the last epoch got wrong. */
  double trainError() {
    return 1 - metrics().getLast().trainTop1();
  }

  /** The part of the images held out that are wrong in the end. */
  double testError() {
    return 1 - trained.top1();
  }
}
