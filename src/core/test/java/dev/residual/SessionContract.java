package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.residual.engine.Session;
import dev.residual.engine.Work;
import dev.residual.graph.Cost;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What every session promises: layouts, threads, forks, and that misuse is refused. */
public abstract class SessionContract extends BoundMemoryContract {
  private static final OpCase TRAINING = OpCases.named("residual network, one training step");

  /** Whether a run after the first ones allocates nothing on the heap. */
  protected boolean allocatesNothing() {
    return true;
  }

  @Test
  void inputsStartAsZerosAndKeepWhatWasWritten() {
    Graph graph = graph(CONV);
    Value src = graph.value("src");
    try (Session session = backend().compile(graph)) {
      assertThat(session.read(src).toDoubles()).containsOnly(0);
      Tensor tensor = Objects.requireNonNull(RandomInputs.of(graph, SEED).get(src));
      session.write(src, tensor);
      session.run();
      session.run();
      assertThat(session.read(src).toDoubles()).isEqualTo(tensor.toDoubles());
    }
  }

  @Test
  void layoutsOfTheCallerAreConverted() {
    Graph graph = graph(CONV);
    try (Session session = open(graph);
        Arena arena = Arena.ofConfined()) {
      session.run();
      for (Value value : List.of(graph.value("src"), graph.value("dst"))) {
        Tensor rows = session.read(value);
        MemorySegment channelsLast = Elements.place(arena, rows, Layout.CHANNELS_LAST);
        MemorySegment read = arena.allocate(value.bytes());
        session.read(value, read, Layout.CHANNELS_LAST);
        assertThat(read.mismatch(channelsLast)).isEqualTo(-1);
        if (value.role() == Role.INPUT) {
          session.write(value, arena.allocate(value.bytes()), Layout.ROW_MAJOR);
          session.write(value, channelsLast, Layout.CHANNELS_LAST);
          assertThat(session.read(value).toDoubles()).isEqualTo(rows.toDoubles());
        }
      }
    }
  }

  @Test
  void misuseIsRefusedNamingTheValueAndTheSessionStaysUsable() {
    Graph graph = graph(INFERENCE);
    Value images = graph.value("images");
    Value logits = graph.value("fc");
    Value hidden = graph.value("relu");
    Value matrix = graph.value("fc.w");
    Value stranger = Value.input("stranger", Shape.of(2), dtype());
    try (Session session = open(graph);
        Arena arena = Arena.ofConfined()) {
      MemorySegment image = arena.allocate(images.bytes(), 64);
      MemorySegment small = arena.allocate(images.bytes() - 4, 64);
      MemorySegment skewed = arena.allocate(images.bytes() + 64, 64).asSlice(4, images.bytes());
      MemorySegment heap = Tensor.zeros(images.dtype(), images.shape()).data();
      MemorySegment hiddenMemory = arena.allocate(hidden.bytes(), 64);
      MemorySegment matrixMemory = arena.allocate(matrix.bytes(), 64);
      Tensor transposed = Tensor.zeros(images.dtype(), Shape.of(2, 12, 12, 3));
      Tensor integers = Tensor.zeros(DType.I32, images.shape());

      requireRefused(images, () -> session.write(images, small, Layout.ROW_MAJOR));
      requireRefused(images, () -> session.write(images, transposed));
      requireRefused(images, () -> session.write(images, integers));
      requireRefused(matrix, () -> session.write(matrix, matrixMemory, Layout.CHANNELS_LAST));
      requireRefused(hidden, () -> session.write(hidden, hiddenMemory, Layout.ROW_MAJOR));
      requireRefused(hidden, () -> session.read(hidden));
      requireRefused(images, () -> session.read(images, small, Layout.ROW_MAJOR));
      requireRefused(logits, () -> session.readScalar(logits));
      requireRefused(hidden, () -> session.bind(hidden, hiddenMemory));
      requireRefused(images, () -> session.bind(images, small));
      requireRefused(images, () -> session.bind(images, skewed));
      requireRefused(images, () -> session.bind(images, heap));
      Arena ended = Arena.ofConfined();
      MemorySegment gone = ended.allocate(images.bytes(), 64);
      ended.close();
      requireRefused(images, () -> session.bind(images, gone));
      requireRefused(logits, () -> session.bind(logits, arena.allocate(4, 64)));
      MemorySegment constant = arena.allocate(logits.bytes(), 64).asReadOnly();
      requireRefused(logits, () -> session.bind(logits, constant));
      requireRefused(stranger, () -> session.layout(stranger));
      requireRefused(stranger, () -> session.read(stranger));
      requireRefused(stranger, () -> session.readScalar(stranger));
      requireRefused(stranger, () -> session.bind(stranger, image));
      requireRefused(
          stranger, () -> session.write(stranger, Tensor.zeros(dtype(), stranger.shape())));

      session.run();
      try (Session undisturbed = open(graph)) {
        undisturbed.run();
        requireEqual(undisturbed.read(logits), session.read(logits));
      }
    }
  }

  private static void requireRefused(Value value, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(value.name());
  }

  @Test
  void useAfterCloseIsRefusedAndClosingTwiceDoesNothing() {
    Graph graph = graph(INFERENCE);
    Value images = graph.value("images");
    Tensor tensor = Tensor.zeros(images.dtype(), images.shape());
    Session session = open(graph);
    session.run();
    session.close();
    session.close();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(images.bytes(), 64);
      assertClosed(session::run);
      assertClosed(() -> session.write(images, tensor));
      assertClosed(() -> session.read(images));
      assertClosed(() -> session.readScalar(images));
      assertClosed(() -> session.bind(images, memory));
      assertClosed(session::fork);
      assertClosed(session::bytes);
    }
    session.close();
  }

  private static void assertClosed(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void stepsAreTheOperationsWithTheirImplementationsAndCosts() {
    Graph graph = graph(TRAINING);
    Session session = open(graph);
    List<Work> steps = session.steps();
    session.run();
    session.close();
    assertThat(session.steps()).isEqualTo(steps).isUnmodifiable();
    List<Work> operations =
        steps.stream().filter(step -> !step.kind().equals(Work.PACKING)).toList();
    assertThat(operations).extracting(Work::op).isEqualTo(graph.ops());
    assertThat(operations)
        .allSatisfy(
            step -> {
              assertThat(step.kind()).isEqualTo(step.op().kind());
              assertThat(step.cost()).isEqualTo(Cost.of(step.op()));
              assertThat(step.implementation()).isNotBlank();
              assertThat(step.toString()).contains(step.kind(), step.implementation());
            });
    assertThat(steps)
        .filteredOn(step -> step.kind().equals(Work.PACKING))
        .allSatisfy(step -> assertThat(step.cost().bytes()).isPositive());
  }

  @Test
  void overlappingCallsAreRefusedAndDoNoHarm() {
    Graph graph = graph(TRAINING);
    Value loss = graph.value("loss");
    AtomicInteger refused = new AtomicInteger();
    AtomicInteger runs = new AtomicInteger();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    try (Session session = open(graph);
        Session undisturbed = open(graph)) {
      Runnable caller =
          () -> {
            while (refused.get() == 0 && System.nanoTime() < deadline) {
              try {
                session.run();
                runs.incrementAndGet();
              } catch (IllegalStateException overlap) {
                refused.incrementAndGet();
              }
            }
          };
      CompletableFuture<Void> other = CompletableFuture.runAsync(caller);
      caller.run();
      other.join();
      assertThat(refused).hasPositiveValue();
      session.run();
      for (int run = 0; run <= runs.get(); run++) {
        undisturbed.run();
      }
      requireEqual(undisturbed.read(loss), session.read(loss));
    }
  }

  @Test
  void aSessionMayMoveBetweenThreads() {
    Graph graph = graph(INFERENCE);
    Value logits = graph.value("fc");
    try (Session session = open(graph)) {
      session.run();
      Tensor here = session.read(logits);
      Tensor there =
          CompletableFuture.supplyAsync(
                  () -> {
                    session.run();
                    return session.read(logits);
                  })
              .join();
      requireEqual(here, there);
    }
  }

  @Test
  void forksAgreeBitForBitAndOutliveTheirParent() {
    Graph graph = graph(INFERENCE);
    Value images = graph.value("images");
    Value logits = graph.value("fc");
    Tensor tensor = Objects.requireNonNull(RandomInputs.of(graph, SEED).get(images));
    List<Session> forks = new ArrayList<>();
    Tensor expected;
    try (Session session = open(graph)) {
      forks.add(session.fork());
      session.run();
      expected = session.read(logits);
      forks.add(session.fork());
      forks.getFirst().run();
      assertThat(forks.getFirst().read(logits).toDoubles()).isNotEqualTo(expected.toDoubles());
      requireEqual(expected, session.read(logits));
    }
    List<CompletableFuture<Tensor>> results =
        forks.stream()
            .map(
                fork ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          fork.write(images, tensor);
                          for (int run = 0; run < 20; run++) {
                            fork.run();
                          }
                          return fork.read(logits);
                        }))
            .toList();
    results.forEach(result -> requireEqual(expected, result.join()));
    forks.forEach(Session::close);
    assertClosed(forks.getFirst()::run);
  }

  @Test
  void forksSeeParametersThatAreWrittenLater() {
    Graph graph = graph(INFERENCE);
    Value logits = graph.value("fc");
    Map<Value, Tensor> others = RandomInputs.of(graph, SEED + 1);
    try (Session session = open(graph);
        Session fork = session.fork()) {
      fork.run();
      others.forEach(
          (value, tensor) -> {
            session.write(value, tensor);
            if (value.role() == Role.INPUT) {
              fork.write(value, tensor);
            }
          });
      session.run();
      fork.run();
      requireEqual(session.read(logits), fork.read(logits));
    }
  }

  @Test
  void aSessionThatUpdatesCannotFork() {
    try (Session session = open(graph(SGD))) {
      assertThatThrownBy(session::fork).isInstanceOf(IllegalStateException.class);
      session.run();
    }
  }

  @Test
  void aScalarIsReadWithoutATensor() {
    Graph graph = graph(TRAINING);
    Value loss = graph.value("loss");
    try (Session session = open(graph)) {
      session.run();
      assertThat(session.readScalar(loss)).isEqualTo(session.read(loss).get(0)).isPositive();
    }
  }

  @Test
  void bytesCountWhatTheSessionHolds() {
    Graph graph = graph(INFERENCE);
    long held =
        graph.values().stream()
            .filter(value -> value.role() != Role.ACTIVATION || graph.outputs().contains(value))
            .mapToLong(Value::bytes)
            .sum();
    long all = graph.values().stream().mapToLong(Value::bytes).sum();
    try (Session session = open(graph)) {
      assertThat(session.bytes()).isGreaterThanOrEqualTo(held);
      // The reference computes in F64; packed weights are held twice.
      assertThat(session.bytes()).isLessThan(16 * all + (1 << 20));
    }
  }

  @Test
  void runsAllocateNothing() {
    assumeTrue(allocatesNothing(), backend().name() + " promises nothing about allocation");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Graph graph = graph(TRAINING);
    Value loss = graph.value("loss");
    try (Session session = open(graph)) {
      double sum = 0;
      long least = Long.MAX_VALUE;
      // One quiet round is enough: the first ones link and compile code, which allocates. On a busy
      // machine the compiler is late.
      for (int round = 0; round < 200 && least > 0; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int run = 0; run < 20; run++) {
          session.run();
          sum += session.readScalar(loss);
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(sum).isNotZero();
      assertThat(least).isZero();
    }
  }

  @Test
  void bindingTheSameMemoryAgainAllocatesNothing() {
    assumeTrue(allocatesNothing(), backend().name() + " promises nothing about allocation");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Graph graph = graph(CONV);
    Value[] values = graph.values().toArray(Value[]::new);
    try (Session session = open(graph);
        Arena arena = Arena.ofConfined()) {
      MemorySegment[] memory =
          Stream.of(values)
              .map(value -> arena.allocate(value.bytes(), 64))
              .toArray(MemorySegment[]::new);
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 50 && least > 0; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int run = 0; run < 200; run++) {
          for (int i = 0; i < values.length; i++) {
            session.bind(values[i], memory[i]);
          }
          session.run();
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertThat(least).isZero();
    }
  }

  static List<Value> results(Graph graph) {
    return Stream.concat(graph.outputs().stream(), graph.updated().stream()).toList();
  }
}
