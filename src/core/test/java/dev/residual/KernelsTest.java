package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.engine.CompileOptions;
import dev.residual.graph.Add;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KernelsTest {
  private final Arena arena = Arena.ofConfined();
  private final Kernels kernels = new Kernels(Backends.cpu(), new CompileOptions(1), 2);

  @AfterEach
  void close() {
    kernels.close();
    arena.close();
  }

  private MemorySegment floats(float... elements) {
    MemorySegment memory = arena.allocate(elements.length * 4L, 64);
    memory.copyFrom(MemorySegment.ofArray(elements));
    return memory;
  }

  private static Op relu(int elements) {
    Shape shape = Shape.of(elements);
    return new Relu(Value.input("src", shape), Value.activation("dst", shape));
  }

  @Test
  void runsAnOperationOnTheCallersMemory() {
    MemorySegment dst = floats(9, 9, 9);
    kernels.run(relu(3), floats(-1, 0, 2), dst);
    assertThat(dst.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(0, 0, 2);
  }

  @Test
  void seesWhatTheMemoryHoldsAtEachCall() {
    MemorySegment src = floats(1, -1);
    MemorySegment dst = floats(0, 0);
    kernels.run(relu(2), src, dst);
    src.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 5);
    kernels.run(relu(2), src, dst);
    assertThat(dst.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 5);
  }

  @Test
  void compilesAnOperationOnceAndDropsTheOneUnusedLongest() {
    kernels.run(relu(1), floats(1), floats(1));
    kernels.run(relu(1), floats(1), floats(1));
    assertThat(kernels.size()).isEqualTo(1);
    kernels.run(relu(2), floats(1, 1), floats(1, 1));
    kernels.run(relu(3), floats(1, 1, 1), floats(1, 1, 1));
    assertThat(kernels.size()).isEqualTo(2);
  }

  @Test
  void takesInputsAndThenOutputsEachOnce() {
    Value src = Value.input("src", Shape.of(2));
    Value dst = Value.activation("dst", Shape.of(2));
    Op twice = new Add(src, src, dst);
    assertThat(Kernels.values(twice)).containsExactly(src, dst);
    MemorySegment result = floats(0, 0);
    kernels.run(twice, floats(1, 2), result);
    assertThat(result.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(2, 4);
  }

  @Test
  void tellsTheLayoutOfImages() {
    Shape shape = Shape.of(1, 2, 3, 4);
    Value src = Value.input("src", shape);
    Op op = new Relu(src, Value.activation("dst", shape));
    assertThat(kernels.layout(op, src)).isEqualTo(Layout.CHANNELS_LAST);
  }

  @Test
  void refusesAWrongNumberOfSegmentsAndWrongSizes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> kernels.run(relu(3), floats(1, 2, 3)))
        .withMessageContaining("given 1 segments");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> kernels.run(relu(3), floats(1, 2, 3), floats(1)))
        .withMessageContaining("dst F32 3 needs 12 bytes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> kernels.run(relu(1), MemorySegment.ofArray(new float[1]), floats(1)))
        .withMessageContaining("off-heap");
  }

  @Test
  void refusesWorkAfterClose() {
    kernels.close();
    kernels.close();
    assertThatIllegalStateException().isThrownBy(() -> kernels.run(relu(1), floats(1), floats(1)));
  }
}
