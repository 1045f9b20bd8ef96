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

  /** Both this and another watcher, this one first. */
  default TrainingListener and(TrainingListener other) {
    TrainingListener first = this;
    return new TrainingListener() {
      @Override
      public void step(Training training) {
        first.step(training);
        other.step(training);
      }

      @Override
      public void evaluation(int done, int batches) {
        first.evaluation(done, batches);
        other.evaluation(done, batches);
      }

      @Override
      public void epoch(Metrics metrics) {
        first.epoch(metrics);
        other.epoch(metrics);
      }
    };
  }
}
