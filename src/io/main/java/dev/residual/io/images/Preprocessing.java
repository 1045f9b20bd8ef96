package dev.residual.io.images;

import java.util.List;

/**
 * What a loader does to images, in this order: the transform, a mirroring, the scaling of colours,
 * erasures, mixing.
 *
 * @param transform of each image
 * @param alternatingFlip whether each is mirrored in every other epoch
 * @param erasures of each, after the scaling
 * @param mixing of the images of a batch
 * @param copies how often an image is in its batch, each time changed in another way (Hoffer et al.
 *     2020); an epoch then has so many times fewer images
 */
public record Preprocessing(
    Transform transform,
    boolean alternatingFlip,
    List<Erasure> erasures,
    Mixing mixing,
    int copies) {
  private static final int MOST_COPIES = 1000;

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if there are no copies, or more than 1000
   */
  public Preprocessing {
    erasures = List.copyOf(erasures);
    requireCopies(copies);
  }

  static void requireCopies(int copies) {
    if (copies < 1 || copies > MOST_COPIES) {
      throw new IllegalArgumentException(
          "copies is %d, expected 1 to %d".formatted(copies, MOST_COPIES));
    }
  }

  /** A transform alone. */
  public static Preprocessing of(Transform transform) {
    return new Preprocessing(transform, false, List.of(), Mixing.NONE, 1);
  }
}
