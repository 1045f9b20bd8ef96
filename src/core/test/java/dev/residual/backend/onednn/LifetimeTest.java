package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.sun.management.ThreadMXBean;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.tensor.Tensor;
import dev.residual.train.TrainingGraph;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LifetimeTest {
  private final OneDnnBackend backend = new OneDnnBackend();

  @ParameterizedTest
  @EnumSource
  void residentMemoryStaysFlat(LifetimeProbe.Work work) throws Exception {
    ProbeJvm.requireFlat(LifetimeProbe.class, work.name());
  }

  @Test
  void stepsAllocateNothing() {
    TrainingGraph graph = LifetimeProbe.training(backend, 1);
    try (Session session = backend.compile(graph.graph(), new CompileOptions(1))) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      // What the interpreter allocates is gone once the compiler has been there.
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 20 && least > 0; round++) {
        long allocated = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1000; i++) {
          session.run();
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - allocated);
      }
      assertThat(least).isZero();
    }
  }

  @Test
  void eightForksAgreeBitForBitWithOneSession() throws Exception {
    forks(2_000);
  }

  @Test
  @Tag("slow")
  void eightForksAgreeBitForBitForAMinute() throws Exception {
    forks(60_000);
  }

  private void forks(long milliseconds) throws Exception {
    Model model = ResNet.named("resnet20-cifar").inference(4);
    CompileOptions one = new CompileOptions(1);
    try (Session session = backend.compile(Fusion.fuse(model.graph(), backend::supports), one);
        ExecutorService pool = Executors.newFixedThreadPool(8)) {
      ResNet.named("resnet20-cifar").initializer(1).weights(model.graph()).writeTo(session);
      List<Tensor> inputs = new ArrayList<>();
      List<float[]> expected = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        inputs.add(random(model.images(), i));
        session.write(model.images(), inputs.get(i));
        session.run();
        expected.add(session.read(model.logits()).toFloats());
      }
      long end = System.nanoTime() + milliseconds * 1_000_000;
      List<Future<Integer>> runs = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        Session fork = session.fork();
        int first = t;
        Callable<Integer> work =
            () -> {
              int count = 0;
              try (fork) {
                for (int i = first; System.nanoTime() < end; i++, count++) {
                  fork.write(model.images(), inputs.get(i % 16));
                  fork.run();
                  assertThat(fork.read(model.logits()).toFloats()).isEqualTo(expected.get(i % 16));
                }
              }
              return count;
            };
        runs.add(pool.submit(work));
      }
      for (Future<Integer> run : runs) {
        assertThat(run.get()).isPositive();
      }
    }
  }

  private static Tensor random(Value value, long seed) {
    Random random = new Random(seed);
    float[] elements = new float[Math.toIntExact(value.shape().elements())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = random.nextFloat() * 2 - 1;
    }
    return Tensor.of(value.shape(), elements);
  }

  @Test
  void aForkOutlivesTheSessionItCameFrom() {
    Model model = ResNet.named("resnet20-cifar").inference(1);
    Session session = backend.compile(model.graph());
    ResNet.named("resnet20-cifar").initializer(1).weights(model.graph()).writeTo(session);
    session.write(model.images(), random(model.images(), 1));
    session.run();
    float[] expected = session.read(model.logits()).toFloats();
    try (Session fork = session.fork()) {
      session.close();
      fork.write(model.images(), random(model.images(), 1));
      fork.run();
      assertThat(fork.read(model.logits()).toFloats()).isEqualTo(expected);
    }
    assertThatIllegalStateException().isThrownBy(session::run);
  }

  @Test
  void parametersAreZeroUntilWritten() {
    TrainingGraph graph = LifetimeProbe.training(backend, 1);
    try (Session session = backend.compile(graph.graph())) {
      Value first = graph.graph().values(Role.PARAMETER).getFirst();
      assertThat(session.read(first).toFloats()).containsOnly(0);
    }
  }
}
