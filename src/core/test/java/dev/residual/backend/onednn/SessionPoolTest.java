package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.SessionPool;
import dev.residual.graph.passes.Fusion;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SessionPoolTest {
  private static final int BATCHES = 12;

  private final OneDnnBackend backend = new OneDnnBackend();
  private final ResNet network = ResNet.named("resnet20-cifar");
  private final Model model = network.inference(1);
  private final BatchNormFolding.Folded folded =
      BatchNormFolding.fold(model.graph(), network.initializer(1).weights(model.graph()));

  private Session session(int threads) {
    Session session =
        backend.compile(
            Fusion.fuse(folded.graph(), backend::supports), new CompileOptions(threads));
    folded.weights().writeTo(session);
    return session;
  }

  private Tensor images(int seed) {
    Tensor tensor = Tensor.zeros(DType.F32, model.images().shape());
    SplittableRandom random = new SplittableRandom(seed);
    for (long i = 0; i < tensor.shape().elements(); i++) {
      tensor.set(i, random.nextDouble(-2, 2));
    }
    return tensor;
  }

  private double[] logits(Session session, int seed) {
    session.write(model.images(), images(seed));
    session.run();
    return session.read(model.logits()).toDoubles();
  }

  @Test
  void streamsOfOneThreadAgreeBitForBitWithOneSession() {
    List<double[]> expected = new ArrayList<>();
    try (Session alone = session(1)) {
      for (int i = 0; i < BATCHES; i++) {
        expected.add(logits(alone, i));
      }
    }
    try (SessionPool pool = new SessionPool(session(1), 3)) {
      List<CompletableFuture<double[]>> results = new ArrayList<>();
      for (int i = 0; i < BATCHES; i++) {
        int seed = i;
        results.add(pool.submit(session -> logits(session, seed)));
      }
      for (int i = 0; i < BATCHES; i++) {
        assertThat(results.get(i).join()).isEqualTo(expected.get(i));
      }
    }
  }

  @Test
  void oneStreamOfSeveralThreadsAgreesWithTheSessionItIsMadeOf() {
    double[] expected;
    try (Session alone = session(2)) {
      expected = logits(alone, 0);
    }
    try (SessionPool pool = new SessionPool(session(2), 1)) {
      assertThat(pool.submit(session -> logits(session, 0)).join()).isEqualTo(expected);
    }
  }

  @Test
  void everySessionServesOneTaskAtATime() {
    ConcurrentHashMap.KeySetView<Session, Boolean> inUse = ConcurrentHashMap.newKeySet();
    try (SessionPool pool = new SessionPool(session(1), 2)) {
      List<CompletableFuture<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < BATCHES; i++) {
        results.add(
            pool.submit(
                session -> {
                  boolean alone = inUse.add(session);
                  session.run();
                  inUse.remove(session);
                  return alone;
                }));
      }
      assertThat(results).allMatch(CompletableFuture::join);
    }
  }

  @Test
  void aTaskThatFailsFreesItsSession() {
    try (SessionPool pool = new SessionPool(session(1), 1)) {
      assertThatThrownBy(
              () ->
                  pool.forEach(
                      session -> {
                        throw new IllegalStateException("no");
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no");
      assertThat(pool.submit(session -> logits(session, 0)).join()).hasSize(10);
    }
  }

  @Test
  void closingCancelsTasksThatWait() throws InterruptedException {
    SessionPool pool = new SessionPool(session(1), 1);
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch closing = new CountDownLatch(1);
    CompletableFuture<Boolean> first =
        pool.submit(
            session -> {
              running.countDown();
              try {
                // Closing the pool interrupts it, or it is told to go on.
                return closing.await(1, TimeUnit.MINUTES);
              } catch (InterruptedException e) {
                return true;
              }
            });
    running.await();
    CompletableFuture<double[]> waiting = pool.submit(session -> logits(session, 0));
    pool.close();
    assertThat(first.join()).isTrue();
    assertThatThrownBy(waiting::join).isInstanceOf(CancellationException.class);
    assertThatThrownBy(() -> pool.submit(session -> 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    closing.countDown();
  }

  @Test
  void noTaskWaitsForThePoolThatItIsOf() {
    assertTimeoutPreemptively(
        Duration.ofMinutes(1),
        () -> {
          try (SessionPool pool = new SessionPool(session(1), 2)) {
            assertThatThrownBy(() -> pool.forEach(session -> pool.close()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("close");
            assertThatThrownBy(() -> pool.forEach(session -> pool.forEach(Session::run)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("forEach");
            CompletableFuture<CompletableFuture<Boolean>> next =
                pool.submit(session -> pool.submit(other -> true));
            assertThat(next.join().join()).isTrue();
          }
        });
  }

  @Test
  void closingClosesAllSessions() {
    Session first = session(1);
    SessionPool pool = new SessionPool(first, 2);
    pool.close();
    assertThatThrownBy(first::run).hasMessageContaining("closed");
    assertThatThrownBy(() -> new SessionPool(first, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
