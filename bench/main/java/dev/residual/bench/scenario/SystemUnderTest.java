package dev.residual.bench.scenario;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/** What answers images: a network, before which files may be decoded. */
final class SystemUnderTest implements AutoCloseable {
  private final Samples samples;
  private final boolean decoding;
  private final Function<float[], CompletableFuture<float[]>> network;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * A system whose network stays the caller's.
   *
   * @param decoding whether an image is decoded when it comes, each on a thread of its own
   */
  SystemUnderTest(
      Samples samples, boolean decoding, Function<float[], CompletableFuture<float[]>> network) {
    this.samples = samples;
    this.decoding = decoding;
    this.network = network;
  }

  /** The answer to a sample of this number; a failure if there is no room for it. */
  CompletableFuture<float[]> submit(long number) {
    try {
      return decoding
          ? CompletableFuture.supplyAsync(() -> samples.decode(number), threads)
              .thenCompose(network)
          : network.apply(samples.ready(number));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Waits for images that are decoded. */
  @Override
  public void close() {
    threads.close();
  }
}
