package dev.residual.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatcherTest {
  private static final Duration LONG = Duration.ofHours(1);
  private static final BatchOptions FOUR = BatchOptions.DEFAULT.withLargest(4);

  private static Batcher<Integer, Integer> batcher(BatchOptions options, HeldSession session) {
    return new Batcher<>(options, List.of(session));
  }

  private static List<CompletableFuture<Integer>> submit(
      Batcher<Integer, Integer> batcher, int first, int count) {
    List<CompletableFuture<Integer>> results = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      results.add(batcher.submit(i));
    }
    return results;
  }

  private static int await(CompletableFuture<Integer> result) throws Exception {
    return result.get(20, TimeUnit.SECONDS);
  }

  private static void assertAnswered(List<CompletableFuture<Integer>> results, int first)
      throws Exception {
    for (int i = 0; i < results.size(); i++) {
      assertThat(await(results.get(i))).isEqualTo(HeldSession.answer(first + i));
    }
  }

  @Test
  void whatWaitsWhileASessionComputesBecomesBatchesThatAreNeverPadded() throws Exception {
    HeldSession session = new HeldSession();
    try (var batcher = batcher(FOUR, session)) {
      List<CompletableFuture<Integer>> results = submit(batcher, 0, 1);
      session.awaitRun();
      results.addAll(submit(batcher, 1, 7));
      assertThat(batcher.waiting()).isEqualTo(7);
      session.release();
      assertAnswered(results, 0);
    }
    assertThat(session.batches())
        .containsExactly(List.of(0), List.of(1, 2, 3, 4), List.of(5, 6), List.of(7));
  }

  @Test
  void aFullBatchDoesNotWait() throws Exception {
    HeldSession session = new HeldSession().release();
    try (var batcher = batcher(FOUR.withLongestWait(LONG), session)) {
      assertAnswered(submit(batcher, 0, 4), 0);
    }
    assertThat(session.batches()).containsExactly(List.of(0, 1, 2, 3));
  }

  @Test
  void fewerWaitForOthersAsLongAsAllowed() throws Exception {
    HeldSession session = new HeldSession().release();
    Duration wait = Duration.ofMillis(200);
    try (var batcher = batcher(FOUR.withLongestWait(wait), session)) {
      long begin = System.nanoTime();
      assertAnswered(submit(batcher, 0, 2), 0);
      assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(wait.toNanos());
    }
    assertThat(session.batches()).containsExactly(List.of(0, 1));
  }

  @Test
  void sessionsComputeAtTheSameTime() throws Exception {
    HeldSession one = new HeldSession();
    HeldSession two = new HeldSession();
    BatchOptions alone = FOUR.withLargest(1);
    try (Batcher<Integer, Integer> batcher = new Batcher<>(alone, List.of(one, two))) {
      List<CompletableFuture<Integer>> results = submit(batcher, 0, 2);
      one.awaitRun();
      two.awaitRun();
      one.release();
      two.release();
      assertAnswered(results, 0);
    }
  }

  @Test
  void aFullQueueRefusesUntilThereIsRoom() throws Exception {
    HeldSession session = new HeldSession();
    try (var batcher = batcher(FOUR.withQueue(5), session)) {
      submit(batcher, 0, 1);
      session.awaitRun();
      List<CompletableFuture<Integer>> waiting = submit(batcher, 1, 5);
      assertThatThrownBy(() -> batcher.submit(6))
          .isInstanceOf(RejectedExecutionException.class)
          .hasMessage("5 requests wait already, as many as the queue takes");
      waiting.getFirst().cancel(false);
      assertThat(batcher.waiting()).isEqualTo(4);
      CompletableFuture<Integer> next = batcher.submit(7);
      session.release();
      assertThat(await(next)).isEqualTo(HeldSession.answer(7));
    }
    assertThat(session.batches()).containsExactly(List.of(0), List.of(2, 3, 4, 5), List.of(7));
  }

  @Test
  void requestsThatAreCancelledOrLateTakeNoPlaceInABatch() throws Exception {
    HeldSession session = new HeldSession();
    try (var batcher = batcher(FOUR, session)) {
      CompletableFuture<Integer> running = batcher.submit(0);
      session.awaitRun();
      List<CompletableFuture<Integer>> results = submit(batcher, 1, 7);
      assertThat(results.get(0).cancel(true)).isTrue();
      assertThatThrownBy(() -> results.get(3).orTimeout(1, TimeUnit.MILLISECONDS).get())
          .hasCauseInstanceOf(TimeoutException.class);
      // Whoever waits may wake before the request has left the queue.
      while (batcher.waiting() > 5) {
        Thread.sleep(1);
      }
      assertThat(results.get(6).complete(-1)).isTrue();
      assertThat(running.cancel(false)).isTrue();
      assertThat(batcher.waiting()).isEqualTo(4);
      session.release();
      assertThat(await(results.get(1))).isEqualTo(HeldSession.answer(2));
      assertThat(await(results.get(6))).isEqualTo(-1);
      assertThatThrownBy(running::join).isInstanceOf(CancellationException.class);
    }
    assertThat(session.batches()).containsExactly(List.of(0), List.of(2, 3, 5, 6));
  }

  @Test
  void aCallerThatIsInterruptedTakesNoPlaceInABatch() throws Exception {
    HeldSession session = new HeldSession();
    try (var batcher = batcher(FOUR, session)) {
      submit(batcher, 0, 1);
      session.awaitRun();
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      Thread caller =
          Thread.startVirtualThread(
              () -> {
                try {
                  batcher.run(1);
                } catch (InterruptedException | RuntimeException e) {
                  thrown.complete(e);
                }
              });
      while (batcher.waiting() < 1) {
        Thread.sleep(1);
      }
      caller.interrupt();
      assertThat(thrown.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
      assertThat(batcher.waiting()).isZero();
      session.release();
    }
    assertThat(session.batches()).containsExactly(List.of(0));
  }

  @Test
  void anErrorReachesTheCallersOfItsBatchAndNobodyElse() throws Exception {
    HeldSession session = new HeldSession();
    try (var batcher = batcher(FOUR, session)) {
      CompletableFuture<Integer> before = batcher.submit(0);
      session.awaitRun();
      List<CompletableFuture<Integer>> failing = submit(batcher, HeldSession.FAILS, 4);
      List<CompletableFuture<Integer>> after = submit(batcher, 1, 2);
      session.release();
      assertThat(await(before)).isEqualTo(HeldSession.answer(0));
      for (CompletableFuture<Integer> each : failing) {
        assertThatThrownBy(() -> await(each))
            .isInstanceOf(ExecutionException.class)
            .hasRootCauseMessage("the session failed");
      }
      assertThat(await(after.getFirst())).isEqualTo(HeldSession.answer(1));
      assertThatIllegalStateException()
          .isThrownBy(() -> batcher.run(HeldSession.FAILS))
          .withMessage("the session failed");
      assertThatThrownBy(() -> batcher.run(HeldSession.ENDS))
          .isInstanceOf(StackOverflowError.class);
      assertThatIllegalStateException()
          .isThrownBy(() -> batcher.run(HeldSession.GIVES_NONE))
          .withMessage("a batch of 1 requests has 0 results");
      assertThat(batcher.run(3)).isEqualTo(HeldSession.answer(3));
    }
  }

  @Test
  void closingComputesWhatWaitsAndRefusesWhatComes() throws Exception {
    HeldSession session = new HeldSession();
    Batcher<Integer, Integer> batcher = batcher(FOUR.withLongestWait(LONG), session);
    List<CompletableFuture<Integer>> results = submit(batcher, 0, 4);
    session.awaitRun();
    results.addAll(submit(batcher, 4, 3));
    Thread closing = Thread.ofVirtual().start(batcher::close);
    closing.interrupt();
    while (!isClosed(batcher)) {
      Thread.sleep(1);
    }
    assertThat(closing.isAlive()).isTrue();
    session.release();
    closing.join();
    assertThat(results).allMatch(CompletableFuture::isDone);
    assertThat(await(results.get(6))).isEqualTo(HeldSession.answer(6));
    assertThat(session.batches()).containsExactly(List.of(0, 1, 2, 3), List.of(4, 5), List.of(6));
    batcher.close();
  }

  private static boolean isClosed(Batcher<Integer, Integer> batcher) {
    try {
      batcher.submit(-2).cancel(false);
      return false;
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("the batcher is closed");
      return true;
    }
  }

  @Test
  void whatHangsOnAResultMayNotWaitForTheBatcherButDoesItNoHarm() throws Exception {
    HeldSession session = new HeldSession();
    try (var batcher = batcher(FOUR.withLongestWait(Duration.ofMillis(1)), session)) {
      CountDownLatch seen = new CountDownLatch(2);
      CompletableFuture<Integer> first = batcher.submit(0);
      session.awaitRun();
      first.thenRun(
          () -> {
            assertThatIllegalStateException().isThrownBy(batcher::close);
            assertThatIllegalStateException().isThrownBy(() -> batcher.run(1));
            batcher.submit(2).thenRun(seen::countDown);
            Thread.currentThread().interrupt();
            seen.countDown();
          });
      session.release();
      assertThat(seen.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(batcher.run(3)).isEqualTo(HeldSession.answer(3));
    }
  }

  @Test
  void virtualThreadsWaitWithoutHoldingACarrier() throws Exception {
    int callers = 2000;
    HeldSession session = new HeldSession();
    try (var batcher = batcher(FOUR.withQueue(callers), session);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> results = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        int request = 10_000 + i;
        results.add(threads.submit(() -> batcher.run(request)));
      }
      // If they held all carriers, this thread would never run.
      threads.submit(
          () -> {
            while (batcher.waiting() < callers - FOUR.largest()) {
              Thread.sleep(1);
            }
            return session.release();
          });
      for (int i = 0; i < callers; i++) {
        assertThat(results.get(i).get(20, TimeUnit.SECONDS))
            .isEqualTo(HeldSession.answer(10_000 + i));
      }
    }
  }

  @Test
  void optionsAreChecked() {
    assertThat(FOUR.withLargest(1).sizes()).containsExactly(1);
    assertThat(FOUR.withLargest(6).sizes()).containsExactly(1, 2, 4, 6);
    assertThat(FOUR.withLargest(8).sizes()).containsExactly(1, 2, 4, 8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FOUR.withLargest(0))
        .withMessageContaining("largest is 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FOUR.withQueue(3))
        .withMessageContaining("queue is 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FOUR.withLongestWait(Duration.ofNanos(-1)))
        .withMessageContaining("longestWait");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FOUR.withLongestWait(Duration.ofDays(2)))
        .withMessageContaining("longestWait");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Batcher<Integer, Integer>(FOUR, List.of()))
        .withMessageContaining("no sessions");
  }
}
