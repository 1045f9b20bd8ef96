package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Races;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.SessionPool;
import dev.residual.graph.passes.Fusion;
import dev.residual.nn.Model;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.TinyNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Sessions and pools that many threads use, fork and close at once: each answer is right, or the
 * call says why there is none.
 */
class SessionRaceTest {
  private static final int INPUTS = 8;

  private final OneDnnBackend backend = new OneDnnBackend();
  private final Model model = TinyNetwork.inference(1);
  private final List<Tensor> inputs = new ArrayList<>();
  private final List<float[]> expected = new ArrayList<>();

  @BeforeEach
  void answerAlone() {
    try (Session alone = session()) {
      for (int i = 0; i < INPUTS; i++) {
        inputs.add(images(model.images().shape(), i));
        expected.add(answer(alone, i));
      }
    }
  }

  private static Tensor images(Shape shape, long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    float[] pixels = new float[(int) shape.elements()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextFloat(-1, 1);
    }
    return Tensor.of(shape, pixels);
  }

  private Session session() {
    Session session =
        backend.compile(Fusion.fuse(model.graph(), backend::supports), new CompileOptions(1));
    TinyNetwork.weights(1).writeTo(session);
    return session;
  }

  private float[] answer(Session session, int input) {
    session.write(model.images(), inputs.get(input));
    session.run();
    return session.read(model.logits()).toFloats();
  }

  private void check(Session session, RandomGenerator random) {
    int input = random.nextInt(INPUTS);
    assertThat(answer(session, input)).isEqualTo(expected.get(input));
  }

  @Test
  void forksAnswerWhileTheirOriginIsUsedAndClosed() throws Exception {
    AtomicReference<Session> origin = new AtomicReference<>(session());
    assertThat(Races.run(random -> useFork(origin, random))).isPositive();
    origin.get().close();
  }

  private void useFork(AtomicReference<Session> origin, RandomGenerator random) {
    Session shared = origin.get();
    try {
      switch (random.nextInt(50)) {
        case 0 -> {
          shared.close();
          Session next = session();
          if (!origin.compareAndSet(shared, next)) {
            next.close();
          }
        }
        case 1, 2, 3 -> shared.run();
        default -> {
          try (Session fork = shared.fork()) {
            for (int i = random.nextInt(5); i >= 0; i--) {
              check(fork, random);
            }
          }
        }
      }
    } catch (IllegalStateException e) {
      assertThat(e.getMessage()).containsAnyOf("it serves one thread at a time", "is closed");
    }
  }

  @Test
  void tasksOfPoolsAreDoneOrCancelled() throws Exception {
    AtomicReference<SessionPool> pool = new AtomicReference<>(pool());
    assertThat(Races.run(random -> usePool(pool, random))).isPositive();
    pool.get().close();
  }

  private SessionPool pool() {
    return new SessionPool(session(), 3);
  }

  private void usePool(AtomicReference<SessionPool> current, RandomGenerator random)
      throws Exception {
    SessionPool pool = current.get();
    try {
      switch (random.nextInt(50)) {
        case 0 -> {
          SessionPool next = pool();
          if (current.compareAndSet(pool, next)) {
            pool.close();
            assertThatThrownBy(pool.first()::run).hasMessage("the session is closed");
          } else {
            next.close();
          }
        }
        case 1 -> pool.forEach(Session::run);
        case 2 -> {
          CompletableFuture<Boolean> failing =
              pool.submit(
                  session -> {
                    throw new UnsupportedOperationException("as it should");
                  });
          try {
            failing.get(1, TimeUnit.MINUTES);
          } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(UnsupportedOperationException.class);
          }
        }
        case 3, 4, 5 -> pool.submit(session -> answer(session, 0)).cancel(true);
        default -> {
          int input = random.nextInt(INPUTS);
          assertThat(pool.submit(session -> answer(session, input)).get(1, TimeUnit.MINUTES))
              .isEqualTo(expected.get(input));
        }
      }
    } catch (IllegalStateException e) {
      assertThat(e instanceof CancellationException || e.getMessage().equals("the pool is closed"))
          .as(e.toString())
          .isTrue();
      assertThat(current.get()).isNotSameAs(pool);
    }
  }
}
