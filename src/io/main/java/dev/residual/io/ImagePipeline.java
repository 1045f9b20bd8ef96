package dev.residual.io;

import static java.util.Objects.requireNonNull;

import dev.residual.graph.Value;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transform;
import dev.residual.io.weights.TrainedModel;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/**
 * The way of images through a network: brought to its size and scale of colours, computed batch by
 * batch by the sessions of a pool, and a result made of the row of each image.
 *
 * <p>Safe for use by many threads at once. A call that is waiting when the pipeline closes, or
 * comes later, throws {@link IllegalStateException}.
 *
 * @param <T> the result of an image
 */
final class ImagePipeline<T> implements AutoCloseable {
  private final String owner;
  private final RowSource source;
  private final Transform transform;
  private final Orientation orientation;
  private final Normalization normalization;
  private final Function<float[], T> result;

  /**
   * A pipeline that closes the source with itself.
   *
   * @param owner what messages call it
   * @param model of the source
   * @param result makes the result of a row, which it may keep
   */
  ImagePipeline(
      String owner,
      RowSource source,
      TrainedModel model,
      SessionOptions<?> options,
      Function<float[], T> result) {
    this.owner = owner;
    this.source = source;
    this.result = result;
    transform = transform(model, options);
    orientation = options.orientation();
    normalization = model.card().normalization();
  }

  /** The transform of the options, or that of the weights. */
  static Transform transform(TrainedModel model, SessionOptions<?> options) {
    Transform given = options.transform();
    return given == null ? model.transform() : given;
  }

  /** The results of the images in files, read by several threads while others are computed. */
  List<T> files(List<Path> images) throws IOException {
    Runs runs = new Runs();
    // So many of the network's size lie ready at most, whatever the number of images.
    int ahead = 2 * Runtime.getRuntime().availableProcessors();
    Deque<CompletableFuture<Pixels>> reading = new ArrayDeque<>();
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Path image : images) {
        if (reading.size() == ahead) {
          runs.addFitting(await(reading.remove()));
        }
        reading.add(CompletableFuture.supplyAsync(() -> fitting(read(image)), readers));
      }
      while (!reading.isEmpty()) {
        runs.addFitting(await(reading.remove()));
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return runs.results();
  }

  private Pixels read(Path image) {
    try {
      return ImageFile.read(image, orientation);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An image brought to the network's size. */
  private Pixels fitting(Pixels image) {
    int height = source.images().shape().dim(2);
    int width = source.images().shape().dim(3);
    // Transforms for evaluation use no chance.
    Pixels fitting = transform.apply(image, new SplittableRandom(0));
    if (fitting.height() != height || fitting.width() != width) {
      throw new IllegalArgumentException(
          "the transform brings an image of %dx%d to %dx%d, expected %dx%d"
              .formatted(
                  image.height(), image.width(), fitting.height(), fitting.width(), height, width));
    }
    return fitting;
  }

  /** What a thread has computed, or its exception. */
  private static <R> R await(CompletableFuture<R> computed) {
    try {
      return computed.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** The results of images of any size. */
  List<T> images(List<Pixels> images) {
    Runs runs = new Runs();
    images.forEach(image -> runs.addFitting(fitting(image)));
    return runs.results();
  }

  /** The results of images n c h w that are of the network's size and scaled already. */
  List<T> tensor(Tensor images) {
    Shape shape = images.shape();
    Shape batch = source.images().shape();
    if (images.dtype() != DType.F32
        || shape.rank() != 4
        || !shape.equals(batch.with(0, shape.dim(0)))) {
      throw new IllegalArgumentException(
          "images are %s, expected F32 and any number of %s".formatted(images, batch.with(0, 1)));
    }
    return memory(images.data(), Layout.ROW_MAJOR);
  }

  /** The results of images of F32 that are of the network's size and scaled already. */
  List<T> memory(MemorySegment images, Layout layout) {
    requireNonNull(layout, "layout");
    Value batch = source.images();
    long image = batch.bytes() / batch();
    if (images.byteSize() == 0 || images.byteSize() % image != 0) {
      throw new IllegalArgumentException(
          "%d bytes are no whole images, each of which has %d: F32 %s"
              .formatted(images.byteSize(), image, batch.shape().with(0, 1)));
    }
    int all = Math.toIntExact(images.byteSize() / image);
    Runs runs = new Runs();
    for (int i = 0; i < all; i += batch()) {
      int count = Math.min(batch(), all - i);
      // Threads that compute may not touch memory of a confined arena.
      MemorySegment memory = newBatch();
      MemorySegment.copy(images, i * image, memory, 0, count * image);
      runs.submit(memory, layout, count);
    }
    return runs.results();
  }

  /** The numbers of a row. */
  int rowSize() {
    return source.rowSize();
  }

  private int batch() {
    return source.images().shape().dim(0);
  }

  private MemorySegment newBatch() {
    return MemorySegment.ofArray(new float[Math.toIntExact(source.images().shape().elements())]);
  }

  private T result(float[] row) {
    for (float number : row) {
      if (!Float.isFinite(number)) {
        throw new IllegalStateException(
            "the network computes no finite numbers: its weights or the image may be damaged");
      }
    }
    return result.apply(row);
  }

  /** Waits for what is being computed, and frees everything. Closing again does nothing. */
  @Override
  public void close() {
    source.close();
  }

  /** The images of one call on their way through the sessions, batch by batch. */
  private final class Runs {
    private final Deque<CompletableFuture<List<float[]>>> submitted = new ArrayDeque<>();
    private final List<T> done = new ArrayList<>();
    private MemorySegment batch = MemorySegment.NULL;
    private int filled;

    void addFitting(Pixels image) {
      if (filled == 0) {
        batch = newBatch();
      }
      normalization.write(image, batch, (long) image.rgb().length * filled++);
      if (filled == batch()) {
        flush();
      }
    }

    private void flush() {
      submit(batch, Layout.CHANNELS_LAST, filled);
      filled = 0;
    }

    void submit(MemorySegment images, Layout layout, int count) {
      // Enough to keep all sessions busy, whatever the number of images.
      if (submitted.size() >= source.runs()) {
        done.addAll(awaitRun(submitted.remove()));
      }
      try {
        submitted.add(source.submit(images, layout, count));
      } catch (RejectedExecutionException e) {
        submitted.forEach(run -> run.cancel(false));
        throw e;
      } catch (IllegalStateException e) {
        throw closed(e);
      }
    }

    List<T> results() {
      if (filled > 0) {
        flush();
      }
      submitted.forEach(run -> done.addAll(awaitRun(run)));
      return done;
    }

    private List<T> awaitRun(CompletableFuture<List<float[]>> run) {
      try {
        return await(run).stream().map(row -> result(row)).toList();
      } catch (CancellationException e) {
        throw closed(e);
      }
    }

    private IllegalStateException closed(Exception cause) {
      return new IllegalStateException(owner + " is closed", cause);
    }
  }
}
