package dev.residual.train;

/**
 * What trains in an epoch.
 *
 * @param trainer of the network, compiled for the images of the source
 * @param source of the batches
 */
public record Stage(Trainer trainer, BatchSource source) {

  /**
   * Checks that the source fits the trainer.
   *
   * @throws IllegalArgumentException if shape or classes differ, or there is no full batch
   */
  public Stage {
    TrainingGraph graph = trainer.graph();
    if (!source.shape().equals(graph.images().shape())) {
      throw new IllegalArgumentException(
          "batches of %s for a network of %s".formatted(source.shape(), graph.images()));
    }
    if (source.classes() != graph.classes()) {
      throw new IllegalArgumentException(
          "the data have %d classes, the network %d".formatted(source.classes(), graph.classes()));
    }
    if (source.batches() < 1) {
      throw new IllegalArgumentException(
          "%d images do not fill a batch of %d".formatted(source.images(), graph.batch()));
    }
  }
}
