package dev.residual.dlpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.Backends;
import dev.residual.bindings.NativeException;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors that another library lends. */
class BorrowedTensorTest {
  private final ForeignLibrary library = new ForeignLibrary();

  @AfterEach
  void close() {
    library.close();
  }

  private static float[] floats(SharedTensor tensor) {
    return tensor.memory().toArray(ValueLayout.JAVA_FLOAT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowMajorElementsAreUsedWhereTheyLieAndGivenBackOnce(boolean isVersioned) {
    MemorySegment data = library.floats(9, 9, 1, 2, 3, 4, 5, 6);
    long[] shape = {2, 3};
    ForeignLibrary.Lent lent =
        isVersioned
            ? library.versioned(data, shape, null)
            : library.unversioned(data, shape, new long[] {3, 1});
    lent.offset(8);
    SharedTensor tensor =
        isVersioned
            ? SharedTensor.borrowVersioned(lent.address())
            : SharedTensor.borrowUnversioned(lent.address());
    MemorySegment memory = tensor.memory();
    assertThat(tensor)
        .returns(DType.F32, SharedTensor::dtype)
        .returns(Shape.of(2, 3), SharedTensor::shape)
        .returns(Layout.ROW_MAJOR, SharedTensor::layout)
        .returns(false, SharedTensor::isCopied);
    assertThat(memory.address()).isEqualTo(data.address() + 8);
    assertThat(floats(tensor)).containsExactly(1, 2, 3, 4, 5, 6);
    memory.setAtIndex(ValueLayout.JAVA_FLOAT, 5, 7);
    assertThat(data.getAtIndex(ValueLayout.JAVA_FLOAT, 7)).isEqualTo(7);
    assertThat(library.deleted).isEmpty();
    tensor.close();
    tensor.close();
    assertThat(library.deleted).containsExactly(lent.address());
    assertThatIllegalStateException().isThrownBy(() -> memory.get(ValueLayout.JAVA_FLOAT, 0));
  }

  @Test
  void imagesMayLieChannelsLast() {
    MemorySegment data = library.floats(new float[2 * 3 * 4 * 5]);
    long[] shape = {2, 3, 4, 5};
    long[] strides = {60, 1, 15, 3};
    try (SharedTensor tensor =
        SharedTensor.borrowVersioned(library.versioned(data, shape, strides).address())) {
      assertThat(tensor.layout()).isEqualTo(Layout.CHANNELS_LAST);
      assertThat(tensor.shape()).isEqualTo(Shape.of(2, 3, 4, 5));
      assertThat(tensor.memory().address()).isEqualTo(data.address());
    }
  }

  @Test
  void theStrideOfAnExtentOfOneMayBeAnything() {
    MemorySegment data = library.floats(1, 2, 3);
    long[] strides = {-77, 1, 1 << 20};
    try (SharedTensor tensor =
        SharedTensor.borrowVersioned(
            library.versioned(data, new long[] {1, 3, 1}, strides).address())) {
      assertThat(tensor.isCopied()).isFalse();
      assertThat(tensor.memory().address()).isEqualTo(data.address());
      assertThat(floats(tensor)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void aScalarHasNoExtents() {
    ForeignLibrary.Lent lent = library.versioned(library.floats(5), new long[0], null).shapeAt(0);
    try (SharedTensor tensor = SharedTensor.borrowVersioned(lent.address())) {
      assertThat(tensor.shape()).isEqualTo(Shape.SCALAR);
      assertThat(floats(tensor)).containsExactly(5);
    }
  }

  private static Stream<Arguments> strided() {
    return Stream.of(
        Arguments.of(
            "turned", new long[] {3, 2}, new long[] {1, 3}, 0, new float[] {1, 4, 2, 5, 3, 6}),
        Arguments.of(
            "backwards",
            new long[] {2, 3},
            new long[] {-3, -1},
            20,
            new float[] {6, 5, 4, 3, 2, 1}),
        Arguments.of(
            "repeated", new long[] {2, 3}, new long[] {0, 1}, 0, new float[] {1, 2, 3, 1, 2, 3}),
        Arguments.of("each second", new long[] {3}, new long[] {2}, 4, new float[] {2, 4, 6}));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("strided")
  void elementsInNoLayoutAreCopiedAndGivenBackAtOnce(
      String name, long[] shape, long[] strides, long offset, float[] expected) {
    ForeignLibrary.Lent lent =
        library.versioned(library.floats(1, 2, 3, 4, 5, 6), shape, strides).offset(offset);
    try (SharedTensor tensor = SharedTensor.borrowVersioned(lent.address())) {
      assertThat(library.deleted).containsExactly(lent.address());
      assertThat(tensor.isCopied()).isTrue();
      assertThat(tensor.layout()).isEqualTo(Layout.ROW_MAJOR);
      assertThat(floats(tensor)).containsExactly(expected);
    }
    assertThat(library.deleted).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "F32,2,32",
    "F64,2,64",
    "F16,2,16",
    "BF16,4,16",
    "I64,0,64",
    "I32,0,32",
    "S8,0,8",
    "U8,1,8"
  })
  void eachTypeIsKnown(DType dtype, int code, int bits) {
    ForeignLibrary.Lent lent =
        library.versioned(library.floats(0, 0), new long[] {1}, null).type(code, bits, 1);
    try (SharedTensor tensor = SharedTensor.borrowVersioned(lent.address())) {
      assertThat(tensor.dtype()).isEqualTo(dtype);
      assertThat(tensor.memory().byteSize()).isEqualTo(dtype.bytes());
      long again = tensor.lendVersioned();
      assertThat(ForeignLibrary.describe(again, true))
          .contains("type %d of %d bits and 1 lanes".formatted(code, bits));
      ForeignLibrary.delete(again, true);
    }
  }

  private static Arguments refused(String message, Consumer<ForeignLibrary.Lent> damage) {
    return Arguments.of(message, damage);
  }

  private static Stream<Arguments> refused() {
    return Stream.of(
        refused("type code 6, 8 bits", lent -> lent.type(6, 8, 1)),
        refused("type code 5, 64 bits", lent -> lent.type(5, 64, 1)),
        refused("4 lanes", lent -> lent.type(2, 32, 4)),
        refused("-1 extents", lent -> lent.extents(-1)),
        refused("65 extents", lent -> lent.extents(65)),
        refused("2 extents at address 0", lent -> lent.shapeAt(0)),
        refused("device type 8", lent -> lent.device(8)),
        refused("address 0", lent -> lent.data(0)),
        refused("outside of all memory", lent -> lent.offset(-8)),
        refused("outside of all memory", lent -> lent.offset(Long.MAX_VALUE)),
        refused("version 2.9 of DLPack, expected version 1", lent -> lent.major(2)),
        refused("version 0.9", lent -> lent.major(0)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void whatIsRefusedIsGivenBackOnce(String message, Consumer<ForeignLibrary.Lent> damage) {
    ForeignLibrary.Lent lent =
        library.versioned(library.floats(1, 2), new long[] {1, 2}, new long[] {2, 1});
    damage.accept(lent);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SharedTensor.borrowVersioned(lent.address()))
        .withMessageContaining(message);
    assertThat(library.deleted).containsExactly(lent.address());
  }

  private static Stream<Arguments> impossible() {
    long most = Long.MAX_VALUE;
    return Stream.of(
        Arguments.of("from 1 to", new long[] {2, 0}, new long[] {1, 1}),
        Arguments.of("from 1 to", new long[] {-2}, new long[] {1}),
        Arguments.of("from 1 to", new long[] {1L << 31}, new long[] {1}),
        Arguments.of("more than", new long[] {1 << 30, 1 << 30}, new long[] {0, 0}),
        Arguments.of("outside of all memory", new long[] {2, 3}, new long[] {most, most}),
        Arguments.of("outside of all memory", new long[] {2}, new long[] {most / 4 - 1}),
        Arguments.of("outside of all memory", new long[] {3}, new long[] {Long.MIN_VALUE}),
        Arguments.of("outside of all memory", new long[] {2}, new long[] {-(1L << 50)}));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("impossible")
  void impossibleExtentsAndStridesAreRefused(String message, long[] shape, long[] strides) {
    ForeignLibrary.Lent lent = library.versioned(library.floats(1, 2), shape, strides);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SharedTensor.borrowVersioned(lent.address()))
        .withMessageContaining(message);
    assertThat(library.deleted).containsExactly(lent.address());
  }

  @Test
  void whatIsTooLargeToBeCopiedIsGivenBackOnce() {
    ForeignLibrary.Lent lent =
        library.versioned(library.floats(1), new long[] {1 << 20, 1 << 20}, new long[] {0, 0});
    assertThatThrownBy(() -> SharedTensor.borrowVersioned(lent.address()))
        .isInstanceOf(NativeException.class)
        .hasMessageContaining("a shared tensor asked for 4,398,046,511,104 bytes");
    assertThat(library.deleted).containsExactly(lent.address());
  }

  @Test
  void ofAnotherMajorVersionNothingButTheDeleterIsTouched() {
    ForeignLibrary.Lent lent =
        library.versioned(library.floats(1), new long[] {1}, null).major(2).shapeAt(8).data(8);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SharedTensor.borrowVersioned(lent.address()));
    assertThat(library.deleted).containsExactly(lent.address());
  }

  @Test
  void anAddressThatIsNoneIsRefused() {
    for (long address : new long[] {0, 12345}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SharedTensor.borrowUnversioned(address))
          .withMessageContaining("no address of a managed tensor");
    }
  }

  @Test
  void aStructureMayHaveNoDeleter() {
    ForeignLibrary.Lent lent = library.versioned(library.floats(1), new long[] {1}, null);
    lent.struct.set(ValueLayout.JAVA_LONG, 16, 0);
    SharedTensor.borrowVersioned(lent.address()).close();
    assertThat(library.deleted).isEmpty();
  }

  @Test
  void memoryThatIsLentReadOnlyIsReadAlone() {
    Value src = Value.input("src", Shape.of(3));
    Value dst = Value.activation("dst", Shape.of(3));
    ForeignLibrary.Lent lent =
        library
            .versioned(library.floats(-1, 0, 2), new long[] {3}, null)
            .flags(ForeignLibrary.READ_ONLY);
    try (SharedTensor tensor = SharedTensor.borrowVersioned(lent.address());
        SharedTensor result = SharedTensor.zeros(DType.F32, dst.shape(), Layout.ROW_MAJOR);
        Session session = Backends.cpu().compile(Graph.of(new Relu(src, dst)))) {
      assertThat(tensor.memory().isReadOnly()).isTrue();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.bind(dst, tensor.memory()))
          .withMessageContaining("read-only");
      session.bind(src, tensor.memory());
      session.bind(dst, result.memory());
      session.run();
      assertThat(floats(result)).containsExactly(0, 0, 2);
      long again = tensor.lendVersioned();
      assertThat(ForeignLibrary.describe(again, true)).contains("flags 1");
      ForeignLibrary.delete(again, true);
      assertThatIllegalArgumentException()
          .isThrownBy(tensor::lendUnversioned)
          .withMessageContaining("read-only");
      tensor.close();
      assertThatIllegalStateException()
          .isThrownBy(session::run)
          .withMessageContaining("src F32 3 is bound to memory that is closed");
    }
    assertThat(library.deleted).hasSize(1);
  }
}
