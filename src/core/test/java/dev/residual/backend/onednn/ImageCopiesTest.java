package dev.residual.backend.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.bindings.NativeScope;
import dev.residual.bindings.kernels.KernelLibrary;
import dev.residual.engine.program.LayoutCopy;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Copies by the kernel are those of plain loops, wherever the memory lies. */
@ExtendWith(HeldInstructions.class)
class ImageCopiesTest {
  private final NativeScope scope = NativeScope.open();
  private final Arena arena = Arena.ofShared();
  private final ImageCopies copies = new ImageCopies(scope, 2);

  @BeforeAll
  static void requireKernels() {
    assumeTrue(KernelLibrary.isAvailable(), "the kernels were not built: there was no C compiler");
  }

  @AfterEach
  void close() {
    arena.close();
    scope.close();
  }

  private static MemorySegment array(long bytes) {
    return MemorySegment.ofArray(new byte[(int) bytes]);
  }

  /**
   * The last rows pass through the piece in parts: many channels of each image, or parts of one.
   */
  @ParameterizedTest
  @CsvSource({
    "2,3,19,23",
    "1,1,40,40",
    "3,64,8,8",
    "2,33,16,17",
    "1,130,5,9",
    "2,64,112,100",
    "1,3,1040,1031"
  })
  void aCopyIsThatOfPlainLoops(int n, int c, int h, int w) {
    for (DType dtype : new DType[] {DType.F32, DType.BF16, DType.U8}) {
      Value value = Value.input("images", Shape.of(n, c, h, w), dtype);
      MemorySegment rows = array(value.bytes());
      byte[] random = (byte[]) rows.heapBase().orElseThrow();
      new Random(1).nextBytes(random);
      MemorySegment last = array(value.bytes());
      LayoutCopy.copy(value, rows, Layout.ROW_MAJOR, last, Layout.CHANNELS_LAST);
      MemorySegment nativeRows = arena.allocate(value.bytes(), 64).copyFrom(rows);
      MemorySegment nativeLast = arena.allocate(value.bytes(), 64).copyFrom(last);
      for (MemorySegment src : new MemorySegment[] {rows, nativeRows}) {
        MemorySegment dst = arena.allocate(value.bytes(), 64);
        assertThat(copies.copy(value, src, Layout.ROW_MAJOR, dst, Layout.CHANNELS_LAST)).isTrue();
        assertThat(dst.mismatch(last)).as("%s of %s", value, src).isEqualTo(-1);
      }
      for (MemorySegment dst :
          new MemorySegment[] {array(value.bytes()), arena.allocate(value.bytes(), 64)}) {
        assertThat(copies.copy(value, nativeLast, Layout.CHANNELS_LAST, dst, Layout.ROW_MAJOR))
            .isTrue();
        assertThat(dst.mismatch(rows)).as("%s to %s", value, dst).isEqualTo(-1);
      }
    }
  }

  @Test
  void whatTheKernelCannotDoIsLeftToOthers() {
    Value value = Value.input("images", Shape.of(1, 64, 8, 8));
    MemorySegment memory = arena.allocate(value.bytes() + 64, 64);
    MemorySegment aligned = memory.asSlice(0, value.bytes());
    MemorySegment skewed = memory.asSlice(2, value.bytes());
    MemorySegment dst = arena.allocate(value.bytes(), 64);
    Layout rows = Layout.ROW_MAJOR;
    Layout last = Layout.CHANNELS_LAST;
    assertThat(copies.copy(value, aligned, rows, dst, rows)).isFalse();
    assertThat(copies.copy(value, skewed, rows, dst, last)).isFalse();
    assertThat(copies.copy(value, array(value.bytes()), last, dst, rows)).isFalse();
    Value wide = Value.input("wide", Shape.of(1, 32, 8, 8), DType.F64);
    assertThat(copies.copy(wide, aligned, rows, dst, last)).isFalse();
    Value small = Value.input("small", Shape.of(1, 2, 2, 2));
    assertThat(copies.copy(small, aligned, rows, dst, last)).isFalse();
  }

  @Test
  void memoryThatIsClosedIsNotTouched() {
    Value value = Value.input("images", Shape.of(1, 64, 8, 8));
    MemorySegment dst = arena.allocate(value.bytes(), 64);
    Arena ended = Arena.ofShared();
    MemorySegment src = ended.allocate(value.bytes(), 64);
    ended.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> copies.copy(value, src, Layout.ROW_MAJOR, dst, Layout.CHANNELS_LAST));
  }
}
