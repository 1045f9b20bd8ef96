package dev.residual.cli;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.io.data.Loader;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.train.Batch;
import dev.residual.train.Batches;
import dev.residual.train.Sgd;
import dev.residual.train.Trainer;
import dev.residual.train.TrainingGraph;

/** A short trial of training that tells how long a real one will take. */
final class StepSpeed {
  private static final int WARM_UP = 4;

  private StepSpeed() {}

  /** The images trained on in a second, loading included, after some steps to warm up. */
  static double measure(
      ImageNetwork network, Backend backend, CompileOptions options, Loader loader) {
    int batch = loader.shape().dim(0);
    Model model = network.classes(loader.classes()).training(batch);
    TrainingGraph graph = TrainingGraph.of(model, new Sgd(0.9, 0), 0);
    Weights weights = network.classes(loader.classes()).firstWeights(0);
    try (Trainer trainer = new Trainer(backend, options, graph, weights);
        Batches batches = loader.epoch(0, 0)) {
      int steps = 0;
      long begin = System.nanoTime();
      for (Batch next = batches.next(); next != null; next = batches.next()) {
        trainer.step(next, 0);
        if (++steps == WARM_UP) {
          begin = System.nanoTime();
        }
      }
      return (steps - WARM_UP) * batch / ((System.nanoTime() - begin) / 1e9);
    }
  }
}
