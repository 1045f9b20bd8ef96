package dev.residual.train;

import dev.residual.tensor.Shape;

/**
 * A supplier of labelled batches, epoch by epoch.
 *
 * <p>The batches of an epoch depend on the source's seed and the epoch's number alone, never on
 * threads or time, so that a resumed training sees what an undisturbed one would have seen.
 */
public interface BatchSource {

  /** The number of images in an epoch. */
  int images();

  /** The number of batches in an epoch. */
  int batches();

  /** The shape of a full batch, n c h w. */
  Shape shape();

  /** The number of classes. */
  int classes();

  /** The batches of an epoch, from the given one on; epochs and batches count from 0. */
  Batches epoch(int epoch, int firstBatch);
}
