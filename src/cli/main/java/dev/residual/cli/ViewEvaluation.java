package dev.residual.cli;

import dev.residual.inference.Network;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.data.ViewedImages;
import dev.residual.io.images.Transforms;
import dev.residual.io.images.Views;
import dev.residual.io.weights.TrainedModel;
import dev.residual.train.ViewEvaluator;
import java.io.IOException;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Counts the images that a network classifies correctly by the average of several views of each.
 *
 * @param scales the views, those of one size in each
 * @param batch the number of views of a step for images of the network's size
 */
record ViewEvaluation(
    TrainedModel trained, List<Views> scales, int batch, ExecutionOptions engine) {

  /** The number of views of each image. */
  int views() {
    return scales.stream().mapToInt(Views::count).sum();
  }

  /**
   * Classifies all views of all images, scale by scale.
   *
   * @param time of all views, which leaves out that of compiling
   */
  ViewEvaluator run(DataSet set, TimeLeft time, Progress progress) throws IOException {
    ViewEvaluator evaluator =
        new ViewEvaluator(
            set.size(), trained.architecture().classes(), scales.getFirst().average());
    long done = 0;
    for (Views views : scales) {
      long before = done;
      add(
          evaluator,
          new ViewedImages(set, views),
          time,
          here -> progress.report(before + here, time.after(before + here)));
      done += (long) set.size() * views.count();
    }
    return evaluator;
  }

  private void add(
      ViewEvaluator evaluator, ViewedImages images, TimeLeft time, LongConsumer progress)
      throws IOException {
    int side = images.views().side();
    int size = Math.min(steps(side), images.size());
    LoaderOptions options =
        LoaderOptions.evaluation(size)
            .withThreads(engine.options().threads())
            .withCacheBytes(0)
            .withNormalization(trained.card().normalization());
    Loader loader = new Loader(images, Transforms.none(), options);
    TrainedModel fitting = trained.input(side, side);
    try (Network network = time.without(() -> compiled(fitting, size))) {
      evaluator.add(
          network,
          loader,
          images.views().weights(),
          batches -> progress.accept(Math.min((long) batches * size, images.size())));
    }
  }

  private Network compiled(TrainedModel fitting, int size) {
    return Network.of(
        engine.backend(),
        fitting.architecture().inference(size),
        fitting.weights(),
        engine.options(),
        engine.dtype());
  }

  /** As many views as take the memory of a batch of the network's own size. */
  private int steps(int side) {
    long pixels = (long) trained.architecture().height() * trained.architecture().width();
    return (int) Math.clamp(batch * pixels / ((long) side * side), 1, batch);
  }
}
