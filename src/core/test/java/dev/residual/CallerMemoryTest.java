package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels on memory of any kind give the bits of a session that is written and read. */
class CallerMemoryTest {
  private static final CompileOptions OPTIONS = new CompileOptions(1);

  /** The first rows of each operation. */
  private static final int ROWS = 3;

  private static Stream<Arguments> operations() {
    return Stream.of(DType.F32, DType.BF16)
        .flatMap(
            dtype -> {
              Map<String, Integer> rows = new HashMap<>();
              return OpCases.usual()
                  .filter(row -> row.graph(dtype).ops().size() == 1)
                  .filter(row -> Backends.cpu().supports(op(row, dtype)))
                  .filter(row -> rows.merge(op(row, dtype).kind(), 1, Integer::sum) <= ROWS)
                  .map(row -> Arguments.of(row, dtype));
            });
  }

  private static Op op(OpCase row, DType dtype) {
    return row.graph(dtype).ops().getFirst();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void memoryOfAnyKindGivesTheBitsOfASession(OpCase row, DType dtype) {
    Op op = op(row, dtype);
    Graph graph = Graph.of(op);
    Backend backend = Backends.cpu();
    Map<Value, Tensor> inputs = RandomInputs.of(graph, 1);
    List<Value> results = SessionContract.results(graph);
    Map<Value, Tensor> expected = new LinkedHashMap<>();
    try (Session session = backend.compile(graph, OPTIONS)) {
      inputs.forEach(session::write);
      session.run();
      results.forEach(value -> expected.put(value, session.read(value)));
    }
    for (boolean isRowMajor : new boolean[] {true, false}) {
      try (Kernels kernels =
              isRowMajor
                  ? Kernels.rowMajor(backend, OPTIONS, 4)
                  : new Kernels(backend, OPTIONS, 4);
          Kernel kernel = kernels.compile(op);
          Arena arena = Arena.ofConfined()) {
        for (Value value : kernel.values()) {
          assertThat(!isRowMajor || kernel.layout(value) == Layout.ROW_MAJOR).isTrue();
        }
        for (int offset : new int[] {-1, 0, 8, -1, 0}) {
          MemorySegment[] memory =
              kernel.values().stream()
                  .map(value -> memory(arena, kernel, value, inputs, offset))
                  .toArray(MemorySegment[]::new);
          kernel.run(memory);
          for (Value value : results) {
            Tensor tensor = expected.get(value);
            MemorySegment found = memory[kernel.values().indexOf(value)];
            assertThat(Elements.take(found, tensor, kernel.layout(value)).data())
                .as("%s at an offset of %d, %s", value, offset, kernel.layout(value))
                .satisfies(data -> assertThat(data.mismatch(tensor.data())).isEqualTo(-1));
          }
        }
      }
    }
  }

  /** An array where the offset is negative, else off-heap memory so far from being aligned. */
  private static MemorySegment memory(
      Arena arena, Kernel kernel, Value value, Map<Value, Tensor> inputs, int offset) {
    Tensor tensor = inputs.getOrDefault(value, Tensor.zeros(value.dtype(), value.shape()));
    MemorySegment memory =
        offset < 0
            ? MemorySegment.ofArray(new byte[(int) value.bytes()])
            : arena.allocate(value.bytes() + offset, 64).asSlice(offset);
    memory.copyFrom(Elements.place(arena, tensor, kernel.layout(value)));
    return memory;
  }

  private static final Shape IMAGES = Shape.of(2, 3, 4, 6);
  private static final Value SRC = Value.input("pixels", IMAGES);

  private static Op pool() {
    Window window = Window.square(2, 2, 0);
    Shape shape = Shape.of(2, 3, 2, 3);
    return new MaxPool2d(
        SRC, Value.activation("pooled", shape), Value.activation("at", shape, DType.U8), window);
  }

  @Test
  void whatDoesNotFitIsRefusedByTheCallersNames() {
    Op relu = new Relu(SRC, Value.activation("positive", IMAGES));
    try (Kernels kernels = Kernels.rowMajor(Backends.cpu(), OPTIONS, 4);
        Arena arena = Arena.ofConfined()) {
      MemorySegment images = arena.allocate(SRC.bytes(), 64);
      MemorySegment small = arena.allocate(SRC.bytes() - 4, 64);
      for (MemorySegment wrong :
          List.of(small, MemorySegment.ofArray(new float[3]), images.asReadOnly())) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> kernels.run(relu, images, wrong))
            .withMessageContaining(wrong.isReadOnly() ? "positive F32" : "positive F32 2x3x4x6");
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.run(pool(), small, images, images))
          .withMessageContaining("pixels F32 2x3x4x6 needs 576 bytes");
      List<MemorySegment> memory = new ArrayList<>(List.of(images));
      memory.add(arena.allocate(2 * 3 * 2 * 3 * 4).asReadOnly());
      memory.add(arena.allocate(2 * 3 * 2 * 3));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> kernels.run(pool(), memory.toArray(MemorySegment[]::new)))
          .withMessageContaining("pooled F32 2x3x2x3 needs 144 bytes that can be written");
    }
  }

  @Test
  void callsOnTheSameMemoryAllocateNothing() {
    try (Kernels kernels = Kernels.rowMajor(Backends.cpu(), OPTIONS, 4);
        Kernel kernel = kernels.compile(pool());
        Arena arena = Arena.ofConfined()) {
      MemorySegment[] memory =
          kernel.values().stream()
              .map(value -> arena.allocate(value.bytes(), 64))
              .toArray(MemorySegment[]::new);
      assertThat(KernelsTest.leastAllocated(() -> kernel.run(memory))).isZero();
    }
  }
}
