package dev.residual.train;

import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;

/**
 * Images and labels of one step, valid until the next one is asked for.
 *
 * @param images {@code F32} elements, always of the full batch size; images after {@code count} are
 *     zeros
 * @param layout the order of the images
 * @param labels {@code I32} classes, always of the full batch size; labels after {@code count} are
 *     0
 * @param count the number of real images
 */
public record Batch(MemorySegment images, Layout layout, MemorySegment labels, int count) {}
