package dev.residual.spark;

import dev.residual.Backends;
import dev.residual.io.Classifier;
import dev.residual.io.ClassifierOptions;
import dev.residual.io.Embedder;
import dev.residual.io.EmbedderOptions;
import dev.residual.io.Prediction;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.TrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.jspecify.annotations.Nullable;

/** A compiled network, and how many tasks of this executor use it. */
final class OpenModel {
  private final Runnable close;
  private final Function<List<Pixels>, List<Object[]>> function;
  private final @Nullable Object[] missing;
  private final AtomicInteger users = new AtomicInteger();

  private OpenModel(Runnable close, Function<List<Pixels>, List<Object[]>> function, int columns) {
    this.close = close;
    this.function = function;
    missing = new Object[columns];
  }

  /** Compiles the network of a file with this content, for one thread of each task. */
  static OpenModel of(byte[] weights, boolean isEmbedder, int batch) throws IOException {
    Path file = Files.createTempFile("residual-", ".safetensors");
    try {
      Files.write(file, weights);
      TrainedModel model = TrainedModel.read(file);
      return isEmbedder ? embedder(model, batch) : classifier(model, batch);
    } finally {
      Files.delete(file);
    }
  }

  private static OpenModel classifier(TrainedModel model, int batch) throws IOException {
    Classifier classifier =
        new Classifier(
            Backends.cpu(),
            model,
            ClassifierOptions.DEFAULT
                .withBest(1)
                .withBatch(batch)
                .withSessions(tasks())
                .withThreads(threads()));
    return new OpenModel(
        classifier::close,
        images ->
            classifier.classifyImages(images).stream()
                .map(List::getFirst)
                .map(OpenModel::columns)
                .toList(),
        2);
  }

  private static Object[] columns(Prediction best) {
    return new Object[] {best.label(), best.probability()};
  }

  private static OpenModel embedder(TrainedModel model, int batch) {
    Embedder embedder =
        new Embedder(
            Backends.cpu(),
            model,
            EmbedderOptions.DEFAULT.withBatch(batch).withSessions(tasks()).withThreads(threads()));
    return new OpenModel(
        embedder::close,
        images -> embedder.embedImages(images).stream().map(row -> new Object[] {row}).toList(),
        1);
  }

  /** How many tasks this executor computes at the same time. */
  private static int tasks() {
    int processors = Runtime.getRuntime().availableProcessors();
    int cores = SparkEnv.get().conf().getInt("spark.executor.cores", processors);
    return Math.max(1, cores / threads());
  }

  private static int threads() {
    return TaskContext.get().cpus();
  }

  /** The columns of these images, in their order. */
  List<Object[]> compute(List<Pixels> images) {
    return images.isEmpty() ? List.of() : function.apply(images);
  }

  /** The columns of a row without an image. */
  @Nullable Object[] missing() {
    return missing;
  }

  /** Has it stay open for a task. */
  void hold() {
    users.incrementAndGet();
  }

  /** A task needs it no more. */
  void release() {
    users.decrementAndGet();
  }

  /** Frees it, if no task uses it; whether it did. */
  boolean closeIfIdle() {
    if (users.get() > 0) {
      return false;
    }
    close.run();
    return true;
  }
}
