package dev.residual.io;

import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What computes a row of numbers for each image, for many threads at once. */
interface RowSource extends AutoCloseable {

  /** The images of a run, n c h w. */
  Value images();

  /** The numbers of a row. */
  int rowSize();

  /** How many runs keep it busy. */
  int runs();

  /**
   * The rows of images.
   *
   * @param images memory of a run, which nobody changes any more
   * @param count how many of its images are there
   * @throws IllegalStateException if it is closed
   */
  CompletableFuture<List<float[]>> submit(MemorySegment images, Layout layout, int count);

  /** Waits for what is being computed, and frees everything. Closing again does nothing. */
  @Override
  void close();
}
