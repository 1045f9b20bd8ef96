package dev.residual.bench.scenario;

import static java.util.Objects.requireNonNull;

import dev.residual.bench.Job;
import dev.residual.engine.BatchOptions;
import dev.residual.engine.Batcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.IntFunction;

/** A network of a peer, which gets single images by the same batcher as ours. */
final class PeerNetwork implements AutoCloseable {
  /** The answer to all: the logits stay in the memory of the job. */
  private static final float[] IN_PLACE = {};

  private final List<Job> jobs = new ArrayList<>();
  private final Batcher<float[], float[]> batcher;

  /**
   * A network with jobs of its own for each session.
   *
   * @param job infers batches of so many images
   */
  PeerNetwork(IntFunction<Job> job, int sessions, BatchOptions options) {
    try {
      List<Function<List<float[]>, List<float[]>>> all = new ArrayList<>();
      while (all.size() < sessions) {
        Map<Integer, Job> bySize = new HashMap<>();
        for (int size : options.sizes()) {
          Job opened = job.apply(size);
          jobs.add(opened);
          bySize.put(size, opened);
        }
        all.add(batch -> infer(requireNonNull(bySize.get(batch.size())), batch));
      }
      batcher = new Batcher<>(options, all);
    } catch (RuntimeException | Error e) {
      jobs.forEach(Job::close);
      throw e;
    }
  }

  private static List<float[]> infer(Job job, List<float[]> batch) {
    for (int i = 0; i < batch.size(); i++) {
      float[] image = batch.get(i);
      job.images().put(i * image.length, image);
    }
    job.run();
    return Collections.nCopies(batch.size(), IN_PLACE);
  }

  /** Completed when an image, c h w, has been computed. */
  CompletableFuture<float[]> submit(float[] image) {
    return batcher.submit(image);
  }

  @Override
  public void close() {
    batcher.close();
    jobs.forEach(Job::close);
  }
}
