package dev.residual.bench.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What sends images to a system, as MLPerf's load generator does, and measures the answers.
 *
 * <p>A latency begins when a query is due, not when it is sent: if queries come late because the
 * system is busy, that counts. An image that is refused is never answered.
 *
 * @see <a href="https://github.com/mlcommons/inference_policies">MLPerf's inference rules</a>
 */
final class LoadGenerator {
  /** What waits at the same time if all images are there: enough for any batch. */
  private static final int WINDOW = 128;

  private final SystemUnderTest system;
  private final Duration duration;
  private final long seed;

  /**
   * A generator for a system that stays the caller's.
   *
   * @param duration in which queries are sent
   * @param seed of arrivals
   */
  LoadGenerator(SystemUnderTest system, Duration duration, long seed) {
    this.system = system;
    this.duration = duration;
    this.seed = seed;
  }

  Measurement singleStream() {
    return stream(Scenario.SINGLE_STREAM, 1);
  }

  Measurement multiStream(int images) {
    return stream(Scenario.MULTI_STREAM, images);
  }

  private Measurement stream(Scenario scenario, int images) {
    List<Double> latencies = new ArrayList<>();
    long sample = 0;
    long begin = System.nanoTime();
    long due = begin;
    while (due - begin < duration.toNanos()) {
      CompletableFuture<?>[] query = new CompletableFuture<?>[images];
      for (int i = 0; i < images; i++) {
        query[i] = system.submit(sample++);
      }
      CompletableFuture.allOf(query).join();
      long end = System.nanoTime();
      latencies.add((double) (end - due));
      due = end;
    }
    return new Measurement(scenario, sample, due - begin, of(latencies));
  }

  private static Latencies of(List<Double> latencies) {
    return new Latencies(latencies.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /**
   * The server scenario.
   *
   * @param rate queries a second
   */
  Measurement server(double rate) {
    PoissonArrivals arrivals = new PoissonArrivals(seed, rate);
    List<CompletableFuture<Double>> latencies = new ArrayList<>();
    long begin = System.nanoTime();
    for (long due = arrivals.next(); due < duration.toNanos(); due = arrivals.next()) {
      long from = begin + due;
      sleepUntil(from);
      latencies.add(
          system
              .submit(latencies.size())
              .handle((_, e) -> e == null ? System.nanoTime() - from : Double.POSITIVE_INFINITY));
    }
    List<Double> all = latencies.stream().map(CompletableFuture::join).toList();
    long answered = all.stream().filter(latency -> !Double.isInfinite(latency)).count();
    long end = System.nanoTime();
    // A rate so low that no query came holds nothing.
    @Nullable Latencies measured = all.isEmpty() ? null : of(all);
    return new Measurement(Scenario.SERVER, answered, end - begin, measured);
  }

  private static void sleepUntil(long time) {
    for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  Measurement offline() {
    Semaphore window = new Semaphore(WINDOW);
    AtomicLong failures = new AtomicLong();
    long sample = 0;
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < duration.toNanos()) {
      window.acquireUninterruptibly();
      system
          .submit(sample++)
          .whenComplete(
              (_, e) -> {
                if (e != null) {
                  failures.incrementAndGet();
                }
                window.release();
              });
    }
    window.acquireUninterruptibly(WINDOW);
    long end = System.nanoTime();
    if (failures.get() > 0) {
      throw new IllegalStateException("%d images were not answered".formatted(failures.get()));
    }
    return new Measurement(Scenario.OFFLINE, sample, end - begin, null);
  }
}
