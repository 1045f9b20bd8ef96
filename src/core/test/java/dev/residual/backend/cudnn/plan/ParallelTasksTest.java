package dev.residual.backend.cudnn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ParallelTasksTest {

  @Test
  void allTasksAreDoneByThreadsThatEntered() {
    Set<Thread> entered = ConcurrentHashMap.newKeySet();
    AtomicInteger done = new AtomicInteger();
    Runnable task =
        () -> {
          assertThat(entered).contains(Thread.currentThread());
          done.incrementAndGet();
        };
    ParallelTasks.run(
        3, () -> entered.add(Thread.currentThread()), Collections.nCopies(100, task));
    assertThat(done).hasValue(100);
    assertThat(entered).hasSize(3);
    ParallelTasks.run(3, () -> {}, List.of());
  }

  @Test
  void aFailureIsThrownAndEndsTheRest() {
    AtomicInteger done = new AtomicInteger();
    List<Runnable> tasks =
        IntStream.range(0, 100)
            .<Runnable>mapToObj(
                i ->
                    () -> {
                      if (i == 3) {
                        throw new IllegalStateException("task 3");
                      }
                      done.incrementAndGet();
                    })
            .toList();
    assertThatThrownBy(() -> ParallelTasks.run(1, () -> {}, tasks)).hasMessage("task 3");
    assertThat(done).hasValue(3);
  }
}
