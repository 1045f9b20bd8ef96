package dev.residual.train;

import java.util.Arrays;
import java.util.List;

/**
 * How often images of one class are taken for another.
 *
 * @param classes those that have images, in ascending order
 * @param counts a row for each of these classes, with a number for each of them that its images are
 *     taken for, and a last one for all classes without images
 */
public record ConfusionMatrix(List<Integer> classes, int[][] counts) {

  /** Copies the list. */
  public ConfusionMatrix {
    classes = List.copyOf(classes);
  }

  /** That of predictions. */
  public static ConfusionMatrix of(Predictions predictions) {
    int[] place = new int[predictions.classes()];
    List<Integer> classes =
        predictions.images().stream().map(PredictedImage::label).distinct().sorted().toList();
    Arrays.fill(place, classes.size());
    for (int i = 0; i < classes.size(); i++) {
      place[classes.get(i)] = i;
    }
    int[][] counts = new int[classes.size()][classes.size() + 1];
    for (PredictedImage image : predictions.images()) {
      counts[place[image.label()]][place[image.predicted()]]++;
    }
    return new ConfusionMatrix(classes, counts);
  }

  /** The number of images of the class of a row. */
  public int images(int row) {
    return Arrays.stream(counts[row]).sum();
  }

  /** The part of the images of the class of a row that are taken for it. */
  public double accuracy(int row) {
    return (double) counts[row][row] / images(row);
  }

  /** Whether images are taken for classes that have none. */
  public boolean hasOthers() {
    return Arrays.stream(counts).anyMatch(row -> row[classes.size()] > 0);
  }
}
