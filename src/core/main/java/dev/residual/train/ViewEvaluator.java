package dev.residual.train;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.residual.inference.Network;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The weighted average of what networks say of several views of each image: crops, mirror images,
 * scales.
 *
 * <p>Each call of {@link #add} adds views of all images, computed by a network for views of that
 * size. Serves one thread at a time.
 */
public final class ViewEvaluator {
  private static final int UNSEEN = -1;

  private final int images;
  private final int classes;
  private final ViewAverage average;
  private final float[] sums;
  private final int[] labels;
  private double total;

  /**
   * An evaluator that has seen no views.
   *
   * @param images the number of images
   * @param classes the number of classes of all networks
   * @param average what is averaged
   * @throws IllegalArgumentException if one is below 1, or there are more probabilities than an
   *     array holds
   */
  public ViewEvaluator(int images, int classes, ViewAverage average) {
    if (images < 1 || classes < 1 || (long) images * classes > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "%d images of %d classes: each must be at least 1, their product below 2^31 - 8"
              .formatted(images, classes));
    }
    this.images = images;
    this.classes = classes;
    this.average = average;
    sums = new float[images * classes];
    labels = new int[images];
    Arrays.fill(labels, UNSEEN);
  }

  /**
   * Adds views of all images.
   *
   * @param source the views in its first epoch, those of one image after each other; its labels are
   *     those of the images
   * @param weights of the views of each image
   * @param progress told the number of batches done, after each
   * @throws IllegalArgumentException if the source has other images than the network takes, or
   *     another number, the network other classes, a label is no class, or views of one image have
   *     different ones
   */
  public void add(Network network, BatchSource source, List<Double> weights, IntConsumer progress) {
    int views = weights.size();
    Shape logits = network.logits().shape();
    if (!source.shape().equals(network.images().shape())
        || network.images().dtype() != DType.F32
        || !logits.equals(Shape.of(network.batch(), classes))
        || source.images() != (long) images * views
        || views == 0) {
      throw new IllegalArgumentException(
          "%d views of %s for a network of %s and %s: expected %d views of each of %d images"
              .formatted(
                  source.images(),
                  source.shape(),
                  network.images(),
                  network.logits(),
                  views,
                  images));
    }
    total += weights.stream().mapToDouble(Double::doubleValue).sum();
    float[] scores = new float[(int) logits.elements()];
    int view = 0;
    int done = 0;
    try (Batches batches = source.epoch(0, 0)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        network.run(batch.images(), batch.layout(), MemorySegment.ofArray(scores));
        for (int row = 0; row < batch.count(); row++, view++) {
          label(view / views, batch.labels().getAtIndex(JAVA_INT_UNALIGNED, row));
          add(scores, row * classes, weights.get(view % views), view / views * classes);
        }
        progress.accept(++done);
      }
    }
  }

  private void label(int image, int label) {
    if (label < 0 || label >= classes || (labels[image] != UNSEEN && labels[image] != label)) {
      throw new IllegalArgumentException(
          "a view of image %d has the label %d: expected %s"
              .formatted(
                  image,
                  label,
                  labels[image] == UNSEEN ? "one in [0, " + classes + ")" : labels[image]));
    }
    labels[image] = label;
  }

  private void add(float[] scores, int from, double weight, int to) {
    double[] terms =
        average == ViewAverage.LOGITS ? scaled(scores, from, 1) : softmax(scaled(scores, from, 1));
    for (int c = 0; c < classes; c++) {
      sums[to + c] += (float) (weight * terms[c]);
    }
  }

  private double[] scaled(float[] row, int from, double divisor) {
    double[] scaled = new double[classes];
    for (int c = 0; c < classes; c++) {
      scaled[c] = row[from + c] / divisor;
    }
    return scaled;
  }

  private static double[] softmax(double[] logits) {
    double max = Arrays.stream(logits).max().orElseThrow();
    double[] exponentials = Arrays.stream(logits).map(logit -> Math.exp(logit - max)).toArray();
    double sum = Arrays.stream(exponentials).sum();
    return Arrays.stream(exponentials).map(one -> one / sum).toArray();
  }

  /**
   * The probabilities of an image's classes by all views added.
   *
   * @throws IllegalStateException before views were added
   */
  public double[] probabilities(int image) {
    requireSeen(image);
    double[] mean = scaled(sums, image * classes, total);
    return average == ViewAverage.LOGITS ? softmax(mean) : mean;
  }

  /**
   * How many images have their class ranked first by the average, and among the first five.
   *
   * @throws IllegalStateException before views were added
   */
  public Accuracy accuracy() {
    long top1 = 0;
    long top5 = 0;
    for (int i = 0; i < images; i++) {
      requireSeen(i);
      int rank = rank(i * classes, labels[i]);
      top1 += rank == 0 ? 1 : 0;
      top5 += rank < 5 ? 1 : 0;
    }
    return new Accuracy(images, top1, top5);
  }

  /**
   * What the average of all views added says of each image.
   *
   * @throws IllegalStateException before views were added
   */
  public Predictions predictions() {
    List<PredictedImage> predicted = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      double[] probabilities = probabilities(i);
      int best = PredictedImage.best(sums, i * classes, classes);
      predicted.add(
          new PredictedImage(
              labels[i], best, probabilities[best], -Math.log(probabilities[labels[i]])));
    }
    return new Predictions(classes, predicted);
  }

  private void requireSeen(int image) {
    if (labels[image] == UNSEEN) {
      throw new IllegalStateException("no views of image " + image + " were added");
    }
  }

  /**
   * How many classes come before the label's, as {@code TopK} ranks: NaN before all, its own last.
   */
  private int rank(int row, int label) {
    float own = sums[row + label];
    int rank = 0;
    for (int c = 0; c < classes; c++) {
      float other = sums[row + c];
      boolean isBefore = !(other <= own) || (other == own && c < label);
      rank += c != label && isBefore ? 1 : 0;
    }
    return rank;
  }
}
