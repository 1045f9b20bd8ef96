package dev.residual.train;

/** A watcher of a training, called on its thread. */
public interface TrainingListener {
  /** A watcher that looks away. */
  TrainingListener NONE = new TrainingListener() {};

  /** After a step; the training's accessors tell about it. */
  default void step(Training training) {}

  /**
   * After a batch of the evaluation at the end of an epoch.
   *
   * @param done the number of batches done
   * @param batches the number of batches of the test
   */
  default void evaluation(int done, int batches) {}

  /** After an epoch, its evaluation and its checkpoint. */
  default void epoch(Metrics metrics) {}
}
