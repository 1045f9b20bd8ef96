package dev.residual.cli;

import dev.residual.train.Accuracy;
import dev.residual.train.Metrics;
import dev.residual.train.Training;
import java.util.List;

/**
 * What a training came to.
 *
 * @param metrics of all epochs, by the images held out as they are
 * @param top1 the part of the images held out that are right in the end, by all views of each
 * @param top5 the part whose class is among the first five
 */
record Trained(List<Metrics> metrics, double top1, double top5) {

  /** The results of a training that has ended. */
  static Trained of(Training training, List<Metrics> metrics) {
    Metrics last = metrics.getLast();
    return new Trained(
        metrics,
        training.viewed().map(Accuracy::top1Rate).orElse(last.testTop1()),
        training.viewed().map(Accuracy::top5Rate).orElse(last.testTop5()));
  }
}
