package dev.residual.io.images;

import java.lang.foreign.MemorySegment;
import java.util.random.RandomGenerator;

/**
 * A change of an image after its colours were scaled, when 0 is the mean colour: a part of it is
 * overwritten.
 */
public sealed interface Erasure permits RandomErasing, Cutout {

  /**
   * Changes an image.
   *
   * @param images {@code F32} elements, channels last
   * @param index the image's first element
   */
  void apply(MemorySegment images, long index, int height, int width, RandomGenerator random);
}
