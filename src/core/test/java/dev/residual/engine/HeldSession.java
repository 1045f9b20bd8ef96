package dev.residual.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A session of a {@link Batcher} that notes its batches, and computes none until it may. */
final class HeldSession implements Function<List<Integer>, List<Integer>> {
  /** The first of four requests whose batch fails. */
  static final int FAILS = 1000;

  /** A request whose batch runs out of stack. */
  static final int ENDS = 2000;

  /** A request whose batch has no results. */
  static final int GIVES_NONE = 3000;

  private final CountDownLatch running = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());

  static int answer(int request) {
    return 7 * request + 3;
  }

  HeldSession release() {
    released.countDown();
    return this;
  }

  void awaitRun() throws InterruptedException {
    running.await();
  }

  List<List<Integer>> batches() {
    return List.copyOf(batches);
  }

  @Override
  public List<Integer> apply(List<Integer> batch) {
    batches.add(List.copyOf(batch));
    running.countDown();
    try {
      // Not for ever, so that a test that fails ends.
      if (!released.await(10, TimeUnit.SECONDS)) {
        release();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (batch.contains(FAILS)) {
      throw new IllegalStateException("the session failed");
    }
    if (batch.contains(ENDS)) {
      throw new StackOverflowError();
    }
    return batch.contains(GIVES_NONE)
        ? List.of()
        : batch.stream().map(HeldSession::answer).toList();
  }
}
