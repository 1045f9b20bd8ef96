package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Fusion;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.nn.Architecture;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LifetimeTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private final OneDnnBackend backend = new OneDnnBackend();

  private TrainingGraph training(int batch) {
    Model model =
        ResNet.of("resnet8-cifar", Architecture.cifar(Architecture.Block.BASIC, 8))
            .input(16, 16)
            .model(Mode.TRAINING, batch, DType.F32);
    return TrainingGraph.of(model, new Sgd(0.9, 1e-4), 0).fused(backend::supports);
  }

  /** Resident memory in kilobytes. */
  private static long resident() throws IOException {
    assumeThat(STATUS).as("resident memory is read from here").exists();
    return Files.readAllLines(STATUS).stream()
        .filter(line -> line.startsWith("VmRSS"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  @Test
  void threeHundredSessionsLeaveResidentMemoryFlat() throws IOException {
    TrainingGraph graph = training(8);
    for (int i = 0; i < 100; i++) {
      openRunClose(graph);
    }
    System.gc();
    long before = resident();
    for (int i = 0; i < 300; i++) {
      openRunClose(graph);
    }
    System.gc();
    assertThat(resident()).isLessThan(before + before / 50);
  }

  private void openRunClose(TrainingGraph graph) {
    try (Session session = backend.compile(graph.graph(), new CompileOptions(1))) {
      session.run();
    }
  }

  @Test
  void tenThousandStepsLeaveResidentMemoryFlatAndAllocateNothing() throws IOException {
    TrainingGraph graph = training(1);
    try (Session session = backend.compile(graph.graph(), new CompileOptions(1))) {
      for (int i = 0; i < 1000; i++) {
        session.run();
      }
      System.gc();
      long resident = resident();
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long allocated = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 10_000; i++) {
        session.run();
      }
      assertThat(threads.getCurrentThreadAllocatedBytes() - allocated).isZero();
      assertThat(resident()).isLessThan(resident + resident / 50);
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
  void compilingHalfAGraphLeavesNothingBehind() throws IOException {
    TrainingGraph graph = training(8);
    List<Op> ops = new ArrayList<>(graph.graph().ops());
    Value x = Value.activation("x", Shape.of(2), DType.F64);
    ops.add(new Relu(Value.input("f64", Shape.of(2), DType.F64), x));
    Graph bad = new Graph(ops, List.of(x));
    for (int i = 0; i < 50; i++) {
      refuse(bad);
    }
    System.gc();
    long before = resident();
    for (int i = 0; i < 300; i++) {
      refuse(bad);
    }
    System.gc();
    assertThat(resident()).isLessThan(before + before / 50);
  }

  private void refuse(Graph graph) {
    assertThatThrownBy(() -> backend.compile(graph))
        .isInstanceOf(UnsupportedOpException.class)
        .hasMessageContaining("f64");
  }

  @Test
  void parametersAreZeroUntilWritten() {
    TrainingGraph graph = training(1);
    try (Session session = backend.compile(graph.graph())) {
      Value first = graph.graph().values(Role.PARAMETER).getFirst();
      assertThat(session.read(first).toFloats()).containsOnly(0);
    }
  }
}
