package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What every session promises of memory that is the caller's. */
public abstract class BoundMemoryContract {
  static final long SEED = 20151210;
  static final OpCase INFERENCE = OpCases.named("residual network, inference");
  static final OpCase CONV = OpCases.named("conv+bias+add+relu 3x3, 16 channels");
  static final OpCase SGD = OpCases.named("sgd momentum, weight decay 1037");

  /** The backend under test. */
  protected abstract Backend backend();

  /** The floating types whose rows are run. */
  protected List<DType> dtypes() {
    return List.of(DType.F32);
  }

  @Test
  void boundMemoryIsUsedInPlace() {
    Graph graph = graph(CONV);
    try (Arena arena = Arena.ofShared();
        Session copying = open(graph);
        Session session = backend().compile(graph)) {
      Map<Value, MemorySegment> memory = bindAll(session, RandomInputs.of(graph, SEED), arena);
      Value src = graph.value("src");
      Value dst = graph.value("dst");
      MemorySegment result = arena.allocate(dst.bytes(), 64);
      session.bind(dst, result);
      session.run();
      copying.run();
      requireEqual(copying.read(dst), take(session, dst, result));

      Tensor other = Objects.requireNonNull(RandomInputs.of(graph, SEED + 1).get(src));
      copying.write(src, other);
      Objects.requireNonNull(memory.get(src))
          .copyFrom(Elements.place(arena, other, session.layout(src)));
      session.run();
      copying.run();
      requireEqual(copying.read(dst), take(session, dst, result));
      requireEqual(copying.read(dst), session.read(dst));

      session.write(src, Tensor.zeros(src.dtype(), src.shape()));
      requireEqual(
          Tensor.zeros(src.dtype(), src.shape()),
          take(session, src, Objects.requireNonNull(memory.get(src))));
    }
  }

  @Test
  void boundParametersAndStatesAreUpdatedInPlace() {
    Graph graph = graph(SGD);
    try (Arena arena = Arena.ofShared();
        Session copying = open(graph);
        Session session = backend().compile(graph)) {
      Map<Value, MemorySegment> memory = bindAll(session, RandomInputs.of(graph, SEED), arena);
      for (int run = 0; run < 2; run++) {
        session.run();
        copying.run();
      }
      for (Value value : graph.updated()) {
        requireEqual(
            copying.read(value), take(session, value, Objects.requireNonNull(memory.get(value))));
      }
    }
  }

  @Test
  void boundParametersAreReadAgainWhenTheyAreBoundAgain() {
    Graph graph = graph(CONV);
    Map<Value, Tensor> others = RandomInputs.of(graph, SEED + 1);
    Value dst = graph.value("dst");
    try (Arena arena = Arena.ofShared();
        Session copying = open(graph);
        Session session = backend().compile(graph)) {
      Map<Value, MemorySegment> memory = bindAll(session, RandomInputs.of(graph, SEED), arena);
      session.run();
      for (Value value : graph.values(Role.PARAMETER)) {
        Tensor other = Objects.requireNonNull(others.get(value));
        MemorySegment same = Objects.requireNonNull(memory.get(value));
        same.copyFrom(Elements.place(arena, other, session.layout(value)));
        session.bind(value, same.asSlice(0));
        copying.write(value, other);
      }
      session.run();
      copying.run();
      requireEqual(copying.read(dst), session.read(dst));
    }
  }

  @Test
  void memoryThatWasReadOnlyIsWrittenOnceItIsBoundWritable() {
    Graph graph = graph(CONV);
    Value src = graph.value("src");
    try (Arena arena = Arena.ofShared();
        Session session = backend().compile(graph)) {
      MemorySegment memory = arena.allocate(src.bytes(), 64);
      session.bind(src, memory.asReadOnly());
      session.bind(src, memory);
      session.write(src, Objects.requireNonNull(RandomInputs.of(graph, SEED).get(src)));
      session.bind(src, memory.asReadOnly());
      requireThrown(
          IllegalArgumentException.class,
          List.of(() -> session.write(src, Tensor.zeros(src.dtype(), src.shape()))),
          "src",
          "read-only");
    }
  }

  @Test
  void boundMemoryThatIsClosedIsNotTouched() {
    Graph graph = graph(INFERENCE);
    Value images = graph.value("images");
    try (Session session = open(graph);
        Arena arena = Arena.ofConfined()) {
      session.run();
      Tensor expected = session.read(graph.value("fc"));
      Arena ended = Arena.ofConfined();
      MemorySegment gone = ended.allocate(images.bytes(), 64);
      session.bind(images, gone);
      session.run();
      ended.close();
      List<ThrowingCallable> calls =
          List.of(session::run, () -> session.read(images), () -> session.read(graph.value("fc")));
      requireThrown(IllegalStateException.class, calls, "images", "closed");
      session.bind(images, arena.allocate(images.bytes(), 64));
      session.write(images, Objects.requireNonNull(RandomInputs.of(graph, SEED).get(images)));
      session.run();
      requireEqual(expected, session.read(graph.value("fc")));
    }
  }

  @Test
  void memoryOfOneThreadAloneIsNotTouchedByAnother() {
    Graph graph = graph(INFERENCE);
    Value images = graph.value("images");
    try (Session session = open(graph);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(images.bytes(), 64);
      assertThatThrownBy(
              () -> CompletableFuture.runAsync(() -> session.bind(images, memory)).join())
          .hasCauseInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("images", "another thread's");
      session.bind(images, memory);
      session.run();
      assertThatThrownBy(() -> CompletableFuture.runAsync(session::run).join())
          .hasCauseInstanceOf(IllegalStateException.class)
          .hasMessageContainingAll("images", "another thread's");
    }
  }

  @Test
  void readOnlyMemoryIsReadAlone() {
    Graph graph = graph(INFERENCE);
    Value images = graph.value("images");
    Tensor tensor = Objects.requireNonNull(RandomInputs.of(graph, SEED).get(images));
    try (Session session = open(graph);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = Elements.place(arena, tensor, session.layout(images)).asReadOnly();
      session.bind(images, memory);
      session.run();
      requireEqual(tensor, session.read(images));
      List<ThrowingCallable> calls =
          List.of(
              () -> session.write(images, tensor),
              () -> session.read(images, memory, session.layout(images)));
      requireThrown(IllegalArgumentException.class, calls, "images", "read-only");
    }
  }

  @Test
  void noForkSharesMemoryThatIsClosed() {
    Graph graph = graph(INFERENCE);
    Value matrix = graph.value("fc.w");
    try (Session session = open(graph);
        Arena arena = Arena.ofConfined()) {
      Arena ended = Arena.ofConfined();
      session.bind(matrix, ended.allocate(matrix.bytes(), 64));
      ended.close();
      requireThrown(IllegalStateException.class, List.of(session::fork), "fc.w", "closed");
      session.bind(matrix, arena.allocate(matrix.bytes(), 64));
      session.fork().close();
    }
  }

  @Test
  void whatForksShareIsBoundBeforeTheyAreMade() {
    Graph graph = graph(INFERENCE);
    Value images = graph.value("images");
    Value matrix = graph.value("fc.w");
    try (Arena arena = Arena.ofConfined();
        Session session = open(graph)) {
      MemorySegment own = arena.allocate(matrix.bytes(), 64);
      MemorySegment other = arena.allocate(matrix.bytes(), 64);
      session.read(matrix, own, session.layout(matrix));
      session.bind(matrix, own);
      try (Session fork = session.fork()) {
        for (Session each : List.of(session, fork)) {
          assertThatThrownBy(() -> each.bind(matrix, other))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContainingAll("fc.w", "bind first, then fork");
          each.bind(images, arena.allocate(images.bytes(), 64));
          each.run();
        }
        Value logits = graph.value("fc");
        requireEqual(session.read(logits), fork.read(logits));
      }
    }
  }

  private static void requireThrown(
      Class<? extends Exception> type, List<ThrowingCallable> calls, String... words) {
    assertThat(calls)
        .allSatisfy(
            call -> assertThatThrownBy(call).isInstanceOf(type).hasMessageContainingAll(words));
  }

  final DType dtype() {
    return dtypes().getFirst();
  }

  Graph graph(OpCase row) {
    return row.graph(dtype());
  }

  /** A session of seeded inputs, parameters and states. */
  Session open(Graph graph) {
    Session session = backend().compile(graph);
    RandomInputs.of(graph, SEED).forEach(session::write);
    return session;
  }

  private static Map<Value, MemorySegment> bindAll(
      Session session, Map<Value, Tensor> tensors, Arena arena) {
    Map<Value, MemorySegment> memory = new LinkedHashMap<>();
    tensors.forEach(
        (value, tensor) -> {
          MemorySegment segment = Elements.place(arena, tensor, session.layout(value));
          session.bind(value, segment);
          memory.put(value, segment);
        });
    return memory;
  }

  private static Tensor take(Session session, Value value, MemorySegment memory) {
    return Elements.take(memory, session.read(value), session.layout(value));
  }

  static void requireEqual(Tensor expected, Tensor actual) {
    assertThat(actual.toDoubles()).isEqualTo(expected.toDoubles());
  }
}
