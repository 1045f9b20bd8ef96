package dev.residual.nn;

import java.util.Optional;

/**
 * A network that tells what images show, for any number of them: a {@link ResNet}, another of the
 * {@linkplain Networks named ones}, or one that was read from a file.
 *
 * <p>Immutable: methods with a parameter return another network.
 */
public interface ImageNetwork {

  /** What messages call it. */
  String name();

  /** The number of classes. */
  int classes();

  /** The height of an image. */
  int height();

  /** The width of an image. */
  int width();

  /**
   * This network with another number of classes.
   *
   * @throws IllegalArgumentException if the number is below 1, or the network has no linear layer
   *     at its end that could have it
   */
  ImageNetwork classes(int other);

  /**
   * This network for images of another size.
   *
   * @throws IllegalArgumentException if it cannot take them
   */
  ImageNetwork input(int otherHeight, int otherWidth);

  /** The graph whose batch normalisations have given statistics, forward only. */
  Model inference(int batch);

  /** The graph whose batch normalisations have the statistics of the batch, forward only. */
  Model training(int batch);

  /** The weights to begin with: drawn by chance, or those that the network was read with. */
  Weights firstWeights(long seed);

  /**
   * The name of a convolution's weights that are made of images before training, such that its
   * results are white: without correlation, and of equal variance. Most networks have none.
   */
  default Optional<String> whitening() {
    return Optional.empty();
  }

  /** Whether the first weights were trained before. */
  boolean isTrained();
}
