package dev.residual.cli.report;

import dev.residual.train.PredictedImage;
import dev.residual.train.Predictions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How often images of one class are taken for a certain other.
 *
 * @param label the class of the images
 * @param predicted the class that they are taken for
 * @param images how many
 */
record Mistake(int label, int predicted, long images) {

  private record Pair(int label, int predicted) implements Comparable<Pair> {
    @Override
    public int compareTo(Pair other) {
      return Comparator.comparingInt(Pair::label)
          .thenComparingInt(Pair::predicted)
          .compare(this, other);
    }
  }

  /** All mistakes, the most frequent first, those of the first classes first among equal ones. */
  static List<Mistake> of(Predictions predictions) {
    Map<Pair, Long> counts =
        predictions.images().stream()
            .filter(image -> !image.isRight())
            .collect(
                Collectors.groupingBy(
                    (PredictedImage image) -> new Pair(image.label(), image.predicted()),
                    TreeMap::new,
                    Collectors.counting()));
    return counts.entrySet().stream()
        .map(e -> new Mistake(e.getKey().label(), e.getKey().predicted(), e.getValue()))
        .sorted(Comparator.comparingLong(Mistake::images).reversed())
        .toList();
  }
}
