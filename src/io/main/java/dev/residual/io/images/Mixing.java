package dev.residual.io.images;

/**
 * The mixing of each image of a batch with the one before it, by a share that is drawn once for the
 * batch from the distribution Beta(a, a). Where both kinds are on, each batch has one of them, with
 * equal probability.
 *
 * @param mixup a for sums of two images (Zhang et al. 2017); 0 for none
 * @param cutmix a for images with a rectangle of the other one (Yun et al. 2019); 0 for none
 */
public record Mixing(double mixup, double cutmix) {
  /** None. */
  public static final Mixing NONE = new Mixing(0, 0);

  private static final double MOST = 100;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is not between 0 and 100
   */
  public Mixing {
    Transforms.within("mixup", mixup, MOST);
    Transforms.within("cutmix", cutmix, MOST);
  }

  /** Whether batches stay as they are. */
  public boolean isNone() {
    return equals(NONE);
  }
}
