package dev.residual;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/**
 * Threads that do random things at once, for as long as {@code residual.races.seconds} says; {@code
 * residual.races.seed} decides what each does, though not when.
 */
public final class Races {
  public static final long SEED = Long.getLong("residual.races.seed", 20151210);
  private static final double SECONDS =
      Double.parseDouble(System.getProperty("residual.races.seconds", "0.5"));
  private static final int THREADS = 8;

  /** Longer than any of these things takes: whoever waits as long waits for ever. */
  private static final Duration LONGEST = Duration.ofMinutes(2);

  /** One thing that a thread does. */
  @FunctionalInterface
  public interface Deed {
    void run(RandomGenerator random) throws Exception;
  }

  private Races() {}

  /**
   * Does a thing again and again on some threads, until the time is up or one of them fails.
   *
   * @return how often it was done
   */
  public static long run(Deed deed) throws Exception {
    long end = System.nanoTime() + (long) (SECONDS * 1e9);
    AtomicBoolean failed = new AtomicBoolean();
    List<Future<Long>> threads = new ArrayList<>();
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      for (int i = 0; i < THREADS; i++) {
        RandomGenerator random = new SplittableRandom(SEED + i);
        threads.add(
            pool.submit(
                () -> {
                  long count = 0;
                  while (System.nanoTime() < end && !failed.get()) {
                    try {
                      deed.run(random);
                      count++;
                    } catch (Throwable e) {
                      failed.set(true);
                      throw e;
                    }
                  }
                  return count;
                }));
      }
      long count = 0;
      for (Future<Long> thread : threads) {
        count +=
            thread.get(
                LONGEST.toNanos() + Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      }
      System.out.printf("races: %,d deeds of %d threads, seed %d%n", count, THREADS, SEED);
      return count;
    } finally {
      pool.shutdownNow();
    }
  }
}
