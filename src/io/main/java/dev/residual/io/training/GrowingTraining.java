package dev.residual.io.training;

import dev.residual.engine.Backend;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.Loader;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Weights;
import dev.residual.train.Recipe;
import dev.residual.train.Stage;
import dev.residual.train.Stages;
import dev.residual.train.Trainer;
import dev.residual.train.TrainingGraph;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The network in training, compiled for the images of an epoch: their size may grow.
 *
 * <p>Owns the trainer, and not the data set. Serves one thread.
 */
final class GrowingTraining implements Stages, AutoCloseable {
  private final Backend backend;
  private final ImageTraining settings;
  private final ImageNetwork network;
  private final Recipe recipe;
  private final ImageSizes sizes;
  private final FirstWeights first;
  private final int batch;
  private final Loader loader;
  private Stage stage;

  GrowingTraining(
      Backend backend, ImageTraining settings, Recipe recipe, FirstWeights first, DataSet images)
      throws IOException {
    this.backend = backend;
    this.settings = settings;
    this.network = settings.network(images);
    this.recipe = recipe;
    this.sizes = settings.sizes(recipe);
    this.first = first;
    this.batch = settings.distribution().part(recipe.batch());
    this.loader = settings.loaders().training(images, batch, sizes.at(0));
    this.stage = compiled(sizes.at(0), loader, first.weights());
    stage.trainer().seed(settings.seed());
  }

  private Stage compiled(int side, Loader source, Weights weights) {
    TrainingGraph graph =
        TrainingGraph.of(
            first.model(network.input(side, side), batch),
            recipe,
            settings.isMixed(),
            settings.precision(),
            settings.distribution());
    Trainer trainer = new Trainer(backend, settings.compilation(), graph, weights);
    try {
      return new Stage(trainer, source);
    } catch (RuntimeException e) {
      trainer.close();
      throw e;
    }
  }

  @Override
  public Stage at(int epoch) {
    int side = sizes.at(epoch);
    Trainer before = stage.trainer();
    if (before.graph().images().shape().dim(2) != side) {
      Weights weights = before.weights();
      Weights states = before.states();
      // First, since both together may not fit into the memory.
      before.close();
      try {
        stage = compiled(side, loader.with(settings.loaders().changes(side)), weights);
      } catch (IOException e) {
        throw new UncheckedIOException(e.getMessage(), e);
      }
      stage.trainer().restore(weights, states);
    }
    return stage;
  }

  @Override
  public void close() {
    stage.trainer().close();
  }
}
