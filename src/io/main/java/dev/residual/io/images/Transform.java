package dev.residual.io.images;

import java.util.random.RandomGenerator;

/**
 * A change of an image before it is fed to a network: cutting, scaling, mirroring, colouring.
 *
 * <p>Transforms are immutable and safe for use by many threads; all chance comes from the generator
 * that is passed in.
 */
@FunctionalInterface
public interface Transform {

  /**
   * The changed image; the given one stays as it is, and may be returned.
   *
   * @throws IllegalArgumentException if the image does not fit the transform
   */
  Pixels apply(Pixels image, RandomGenerator random);
}
