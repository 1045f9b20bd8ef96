package dev.residual.train;

/**
 * What a network says of one labelled image.
 *
 * @param label the class of the image
 * @param predicted the class that is ranked first
 * @param probability of the predicted class
 * @param loss the cross-entropy, the negative logarithm of the probability of the image's class
 */
public record PredictedImage(int label, int predicted, double probability, double loss) {

  /** By the logits of all classes, which begin at an index. */
  static PredictedImage of(float[] logits, int from, int classes, int label) {
    int best = best(logits, from, classes);
    double max = logits[from + best];
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(logits[from + c] - max);
    }
    return new PredictedImage(label, best, 1 / sum, Math.log(sum) + max - logits[from + label]);
  }

  /** The class of the greatest number, the first of equal ones; NaN is above all. */
  static int best(float[] numbers, int from, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++) {
      best = Float.compare(numbers[from + c], numbers[from + best]) > 0 ? c : best;
    }
    return best;
  }

  /** Whether the predicted class is that of the image. */
  public boolean isRight() {
    return predicted == label;
  }
}
