package dev.residual.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.TrainedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls of many threads at once, meanwhile replaced weights, and closing. */
@Timeout(120)
class EmbedderThreadsTest {
  private static final int THREADS = 32;
  private static final int REPLACEMENTS = 20;

  /** More than a batch of a call, so that one call could see two sets of weights. */
  private static final List<Pixels> PIXELS = TinyModels.images(7);

  private static final EmbedderOptions OPTIONS =
      EmbedderOptions.DEFAULT.withSessions(2).withThreads(1).withBatch(2);
  private static final TrainedModel A = TinyModels.of(TinyModels.weights(1));
  private static final TrainedModel B = TinyModels.of(TinyModels.weights(2));

  private static Embedder embedder(TrainedModel model) {
    return new Embedder(Backends.cpu(), model, OPTIONS);
  }

  private static List<List<Float>> rows(Embedder embedder) {
    return embedder.embedImages(PIXELS).stream().map(EmbedderThreadsTest::boxed).toList();
  }

  private static List<Float> boxed(float[] row) {
    List<Float> numbers = new ArrayList<>();
    for (float number : row) {
      numbers.add(number);
    }
    return numbers;
  }

  private static List<List<Float>> expected(TrainedModel model) {
    try (Embedder embedder = embedder(model)) {
      return rows(embedder);
    }
  }

  @Test
  void threadsAtOnceGetWhatOneGets() throws Exception {
    List<List<Float>> expected = expected(A);
    try (Embedder embedder = embedder(A);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<List<Float>>>> found = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        found.add(threads.submit(() -> rows(embedder)));
      }
      for (Future<List<List<Float>>> each : found) {
        assertThat(each.get()).isEqualTo(expected);
      }
    }
  }

  @Test
  void replacedWeightsLoseAndMixNoCall() throws Exception {
    List<List<Float>> ofA = expected(A);
    List<List<Float>> ofB = expected(B);
    assertThat(ofA).doesNotContainAnyElementsOf(ofB);
    AtomicBoolean ended = new AtomicBoolean();
    AtomicInteger calls = new AtomicInteger();
    try (Embedder embedder = embedder(A);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      String hashOfA = embedder.hash();
      Callable<List<List<List<Float>>>> load =
          () -> {
            List<List<List<Float>>> all = new ArrayList<>();
            while (!ended.get()) {
              all.add(rows(embedder));
              calls.incrementAndGet();
            }
            return all;
          };
      List<Future<List<List<List<Float>>>>> found = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        found.add(threads.submit(load));
      }
      try {
        for (int i = 0; i < REPLACEMENTS; i++) {
          int before = calls.get();
          while (calls.get() < before + THREADS && found.stream().noneMatch(Future::isDone)) {
            Thread.sleep(1);
          }
          boolean isB = i % 2 == 0;
          embedder.replace(isB ? B : A);
          assertThat(rows(embedder)).isEqualTo(isB ? ofB : ofA);
          assertThat(embedder.hash().equals(hashOfA)).isEqualTo(!isB);
        }
      } finally {
        ended.set(true);
      }
      List<List<List<Float>>> all = new ArrayList<>();
      for (Future<List<List<List<Float>>>> each : found) {
        all.addAll(each.get());
      }
      assertThat(all).hasSize(calls.get()).contains(ofA, ofB);
      assertThat(all).allMatch(rows -> rows.equals(ofA) || rows.equals(ofB));
    }
  }

  @Test
  void closingEndsCallsOfOldAndNewWeights() throws Exception {
    CountDownLatch running = new CountDownLatch(THREADS);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Embedder embedder = embedder(A);
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        calls.add(
            threads.submit(
                () -> {
                  while (true) {
                    rows(embedder);
                    running.countDown();
                  }
                }));
      }
      running.await();
      embedder.replace(B);
      embedder.close();
      for (Future<?> call : calls) {
        assertThatThrownBy(call::get)
            .isInstanceOf(ExecutionException.class)
            .cause()
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("the embedder is closed");
      }
    }
  }
}
