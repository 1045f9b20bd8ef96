package dev.residual.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Thousands of callers at once, of whom some give up. */
@Timeout(60)
class BatcherLoadTest {
  private static final int CALLERS = 4000;

  /** A request that fails its batch. */
  private static final int BROKEN = 97;

  private final Queue<List<Integer>> batches = new ConcurrentLinkedQueue<>();

  /** How a call ended; a failure holds the batch that failed. */
  private sealed interface End {
    record Answer(long answer) implements End {}

    record Failure(List<Integer> batch) implements End {}

    record GivenUp() implements End {}

    record Refused() implements End {}
  }

  private static final class BatchFailure extends RuntimeException {
    private final List<Integer> batch;

    private BatchFailure(List<Integer> batch) {
      this.batch = batch;
    }
  }

  private static long answer(int request) {
    return 1_000_003L * request;
  }

  private List<Long> compute(List<Integer> batch) {
    batches.add(batch);
    LockSupport.parkNanos(20_000L * batch.size());
    if (batch.stream().anyMatch(request -> request % BROKEN == 0)) {
      throw new BatchFailure(batch);
    }
    return batch.stream().map(BatcherLoadTest::answer).toList();
  }

  private static End call(Batcher<Integer, Long> batcher, int request, SplittableRandom random) {
    try {
      int manner = random.nextInt(10);
      if (manner < 5) {
        return new End.Answer(batcher.run(request));
      }
      if (manner == 5) {
        Thread.currentThread().interrupt();
        return new End.Answer(batcher.run(request));
      }
      CompletableFuture<Long> result = batcher.submit(request);
      if (manner == 6) {
        Thread.sleep(0, random.nextInt(900_000));
        result.cancel(true);
      } else if (manner == 7) {
        result.orTimeout(random.nextInt(20), TimeUnit.MILLISECONDS);
      }
      return new End.Answer(result.get());
    } catch (BatchFailure e) {
      return new End.Failure(e.batch);
    } catch (ExecutionException e) {
      return e.getCause() instanceof TimeoutException
          ? new End.GivenUp()
          : new End.Failure(((BatchFailure) e.getCause()).batch);
    } catch (InterruptedException | CancellationException e) {
      return new End.GivenUp();
    } catch (RejectedExecutionException e) {
      return new End.Refused();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 0, 5000", "8, 3, 0, 5000", "8, 3, 2, 5000", "6, 2, 1, 300"})
  void everyCallerGetsItsOwnAnswer(int largest, int sessions, int wait, int queue)
      throws Exception {
    BatchOptions options = new BatchOptions(largest, Duration.ofMillis(wait), queue);
    Function<List<Integer>, List<Long>> session = this::compute;
    List<Future<End>> ends = new ArrayList<>();
    try (Batcher<Integer, Long> batcher =
        new Batcher<>(options, Collections.nCopies(sessions, session))) {
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < CALLERS; i++) {
          int request = i;
          ends.add(threads.submit(() -> call(batcher, request, new SplittableRandom(request))));
        }
      }
      assertThat(batcher.waiting()).isZero();
    }
    Map<Integer, List<Integer>> batchOf = new HashMap<>();
    for (List<Integer> batch : batches) {
      assertThat(options.sizes()).contains(batch.size());
      batch.forEach(request -> assertThat(batchOf.put(request, batch)).isNull());
    }
    int givenUp = 0;
    int answers = 0;
    for (int i = 0; i < CALLERS; i++) {
      switch (ends.get(i).get()) {
        case End.Answer(long answer) -> {
          assertThat(answer).isEqualTo(answer(i));
          assertThat(batchOf.get(i)).noneMatch(request -> request % BROKEN == 0);
          answers++;
        }
        case End.Failure(List<Integer> batch) -> assertThat(batchOf.get(i)).isSameAs(batch);
        case End.GivenUp _ -> givenUp++;
        case End.Refused _ -> assertThat(batchOf).doesNotContainKey(i);
      }
    }
    assertThat(answers).isGreaterThan(queue > CALLERS ? CALLERS / 2 : queue / 2);
    assertThat(givenUp).isPositive();
  }
}
