package dev.residual.train;

import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Images and labels of one step, valid until the next one is asked for.
 *
 * @param images {@code F32} elements, always of the full batch size; images after {@code count} are
 *     zeros
 * @param layout the order of the images
 * @param labels {@code I32} classes, always of the full batch size; labels after {@code count} are
 *     0
 * @param targets the probability of each class for each image, {@code F32}, n classes, where images
 *     are mixtures of several; null where each is of its label alone
 * @param count the number of real images
 */
public record Batch(
    MemorySegment images,
    Layout layout,
    MemorySegment labels,
    @Nullable MemorySegment targets,
    int count) {

  /** Images that are of their labels alone. */
  public Batch(MemorySegment images, Layout layout, MemorySegment labels, int count) {
    this(images, layout, labels, null, count);
  }
}
