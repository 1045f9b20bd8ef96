package dev.residual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.management.ThreadMXBean;
import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KernelsTest {
  private final Arena arena = Arena.ofConfined();
  private final Kernels kernels = new Kernels(backend(), new CompileOptions(1), 2);

  /** On which memory of the host is used. */
  protected Backend backend() {
    return Backends.cpu();
  }

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
        .isThrownBy(() -> kernels.run(relu(1), MemorySegment.ofArray(new float[2]), floats(1)))
        .withMessageContaining("src F32 1 needs 4 bytes");
  }

  @Test
  void copiesMemoryThatItCannotUseInPlace() {
    float[] array = {-1, 0, 2};
    MemorySegment skewed = arena.allocate(16, 64).asSlice(4);
    List<MemorySegment> inPlace = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      array[0] = round;
      kernels.run(relu(3), MemorySegment.ofArray(array).asReadOnly(), skewed);
      assertThat(skewed.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(round, 0, 2);
      float[] result = new float[3];
      kernels.run(relu(3), skewed, MemorySegment.ofArray(result));
      assertThat(result).containsExactly(round, 0, 2);
      long copied = kernels.statistics().copiedBytes();
      assertThat(copied).isEqualTo((round + 1) * 4L * 3 * 4);
      MemorySegment dst = floats(9, 9, 9);
      kernels.run(relu(3), floats(round, -1, 2), dst);
      assertThat(dst.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(round, 0, 2);
      assertThat(kernels.statistics().copiedBytes()).as("in place").isEqualTo(copied);
      inPlace.add(dst);
    }
    assertThat(inPlace.getFirst().toArray(ValueLayout.JAVA_FLOAT))
        .as("left alone")
        .containsExactly(0, 0, 2);
  }

  @Test
  void forgetsMemoryThatWasClosedSinceTheLastCall() {
    try (Arena ended = Arena.ofConfined()) {
      kernels.run(relu(1), ended.allocate(4, 64), ended.allocate(4, 64));
    }
    float[] result = new float[1];
    kernels.run(relu(1), MemorySegment.ofArray(new float[] {3}), MemorySegment.ofArray(result));
    assertThat(result).containsExactly(3);
  }

  private static Op relu(String src, String dst, int elements) {
    Shape shape = Shape.of(elements);
    return new Relu(Value.input(src, shape), Value.activation(dst, shape));
  }

  @Test
  void operationsThatDifferInNamesAloneAreOne() {
    for (int i = 0; i < 20; i++) {
      MemorySegment dst = floats(9);
      kernels.run(relu("src" + i, "dst" + i, 1), floats(i - 1), dst);
      assertThat(dst.getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(Math.max(0, i - 1));
    }
    assertThat(kernels.size()).isEqualTo(1);
    kernels.run(relu("v1", "v0", 1), floats(-1), floats(1));
    assertThat(kernels.size()).isEqualTo(1);
    Value src = Value.input("src", Shape.of(1));
    Value dst = Value.activation("dst", Shape.of(1));
    kernels.run(new Add(src, src, dst), floats(1), floats(1));
    kernels.run(
        new Add(src, Value.input("other", Shape.of(1)), dst), floats(1), floats(2), floats(1));
    assertThat(kernels.size()).as("x + x is another operation than x + y").isEqualTo(2);
  }

  @Test
  void errorsNameTheCallersValues() {
    kernels.run(relu("a", "b", 3), floats(1, 2, 3), floats(1, 2, 3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> kernels.run(relu("x", "y", 3), floats(1, 2, 3), floats(1)))
        .withMessageContaining("y F32 3 needs 12 bytes")
        .withMessageNotContaining("v1");
    Arena ended = Arena.ofShared();
    MemorySegment gone = ended.allocate(12, 64);
    ended.close();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> kernels.run(relu("v1", "v0", 3), gone, floats(1, 2, 3)))
        .withMessageContaining("v1 F32 3 needs 12 bytes");
    Shape shape = Shape.of(2, 3);
    Op f64 =
        new Relu(
            Value.input("wide", shape, DType.F64), Value.activation("result", shape, DType.F64));
    for (int attempt = 0; attempt < 2; attempt++) {
      assertThatThrownBy(() -> kernels.compile(f64))
          .isInstanceOf(UnsupportedOpException.class)
          .hasMessageContaining("wide F64 2x3")
          .hasMessageNotContaining("v0");
    }
    assertThat(kernels.size()).as("what could not be compiled is not held").isEqualTo(1);
  }

  @Test
  void aHandleRunsOnAfterItsOperationIsDropped() {
    Kernel kernel = kernels.compile(relu("x", "y", 1));
    assertThat(kernel.values()).extracting(Value::name).containsExactly("x", "y");
    kernels.run(relu(2), floats(1, 1), floats(1, 1));
    kernels.run(relu(3), floats(1, 1, 1), floats(1, 1, 1));
    assertThat(kernels.size()).isEqualTo(2);
    MemorySegment dst = floats(9);
    kernel.run(floats(5), dst);
    assertThat(dst.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(5);
    try (Kernel again = kernels.compile(relu("x", "y", 1))) {
      kernels.close();
      kernel.run(floats(6), dst);
      again.run(floats(7), dst);
      assertThat(dst.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(7);
    }
    kernel.close();
    kernel.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> kernel.run(floats(5), dst))
        .withMessageContaining("Relu is closed");
  }

  @Test
  void closingOneOfTwoHandlesLeavesTheOtherOpen() {
    Kernel first = kernels.compile(relu("a", "b", 1));
    try (Kernel second = kernels.compile(relu("c", "d", 1))) {
      first.close();
      first.close();
      MemorySegment dst = floats(9);
      second.run(floats(5), dst);
      kernels.run(relu("a", "b", 1), floats(6), dst);
      assertThat(dst.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(6);
    }
  }

  @Test
  void aCallOutlivesTheEvictionOfItsOperationAndHoldsUpNoOther() {
    WatchedBackend backend = new WatchedBackend(1);
    try (Kernels cache = new Kernels(backend, new CompileOptions(1), 1);
        Arena shared = Arena.ofShared()) {
      MemorySegment src = shared.allocate(4, 64);
      MemorySegment dst = shared.allocate(4, 64);
      src.set(ValueLayout.JAVA_FLOAT, 0, 3);
      CompletableFuture<Void> call = CompletableFuture.runAsync(() -> cache.run(relu(1), src, dst));
      assertTimeoutPreemptively(
          Duration.ofMinutes(1),
          () -> {
            backend.running.await();
            // Would wait for ever if it waited for the other, whose operation it drops.
            for (int elements = 2; elements < 5; elements++) {
              MemorySegment memory = shared.allocate(4L * elements, 64);
              cache.run(relu(elements), memory, shared.allocate(4L * elements, 64));
            }
            assertThat(backend.open).as("the one that runs, and the last").hasSize(2);
            backend.released.countDown();
            call.join();
          });
      assertThat(dst.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(3);
      assertThat(backend.open).hasSize(1);
    }
    assertThat(backend.open).isEmpty();
  }

  @Test
  void aDroppedOperationIsClosedWithItsLastHandle() {
    WatchedBackend backend = new WatchedBackend(0);
    try (Kernels cache = new Kernels(backend, new CompileOptions(1), 1)) {
      Kernel first = cache.compile(relu(1));
      Kernel second = cache.compile(relu("x", "y", 1));
      assertThat(backend.open).hasSize(1);
      cache.compile(relu(2)).close();
      assertThat(backend.open).hasSize(2);
      first.close();
      first.close();
      assertThat(backend.open).hasSize(2);
      second.close();
      assertThat(backend.open).hasSize(1);
      assertThat(cache.size()).isEqualTo(1);
    }
    assertThat(backend.open).isEmpty();
  }

  @Test
  void callsOfOneOperationFromSeveralThreadsAreOneAfterTheOther() {
    List<CompletableFuture<Void>> callers = new ArrayList<>();
    for (int caller = 0; caller < 4; caller++) {
      int number = caller;
      callers.add(
          CompletableFuture.runAsync(
              () -> {
                try (Arena own = Arena.ofConfined()) {
                  MemorySegment src = own.allocate(4, 64);
                  MemorySegment dst = own.allocate(4, 64);
                  for (int i = 1; i < 500; i++) {
                    src.set(ValueLayout.JAVA_FLOAT, 0, number * 1000 + i);
                    // More operations than the cache keeps, so that they are dropped all the time.
                    Op op =
                        i % 3 == 0
                            ? relu("src" + number, "dst" + number, 1)
                            : new Add(
                                Value.input("a", Shape.of(i % 3, 1)),
                                Value.input("b", Shape.of(i % 3, 1)),
                                Value.activation("c", Shape.of(i % 3, 1)));
                    if (i % 3 == 0) {
                      kernels.run(op, src, dst);
                      assertThat(dst.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(number * 1000 + i);
                    } else {
                      MemorySegment a = own.allocate(4L * (i % 3), 64);
                      kernels.run(op, a, a.asReadOnly(), own.allocate(4L * (i % 3), 64));
                    }
                  }
                }
              }));
    }
    assertTimeoutPreemptively(
        Duration.ofMinutes(2), () -> callers.forEach(CompletableFuture::join));
    assertThat(kernels.size()).isEqualTo(2);
  }

  @Test
  void callsOnTheSameMemoryAllocateNothing() {
    Op op = relu(16);
    MemorySegment[] memory = {floats(new float[16]), floats(new float[16])};
    try (Kernel kernel = kernels.compile(op)) {
      assertThat(leastAllocated(() -> kernel.run(memory))).as("by handle").isZero();
    }
    assertThat(leastAllocated(() -> kernels.run(op, memory))).as("by operation").isZero();
  }

  @Test
  void callsOnMemoryOfTheSameArenaAllocateNothing() {
    MemorySegment[] memory = {floats(new float[16]), floats(new float[16])};
    MemorySegment[] other = {floats(new float[16]), floats(new float[16])};
    try (Kernel kernel = kernels.compile(relu(16))) {
      assertThat(
              leastAllocated(
                  () -> {
                    kernel.run(memory);
                    kernel.run(other);
                  }))
          .isZero();
    }
  }

  /** The bytes of some calls once everything is compiled, the least of several rounds. */
  static long leastAllocated(Runnable call) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 50 && least > 0; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 500; i++) {
        call.run();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }

  private MemorySegment memory(Value value) {
    return arena.allocate(value.bytes(), 64);
  }

  @Test
  void theResultOfOneOperationIsTheInputOfTheNext() {
    Conv2d conv =
        Conv2d.of("conv", Value.input("src", Shape.of(1, 2, 3, 3)), 4, Window.square(3, 1, 1));
    BatchNorm norm = BatchNorm.of("norm", conv.dst());
    MemorySegment between = memory(conv.dst());
    List<MemorySegment> ofNorm = new ArrayList<>();
    try (Kernels both = new Kernels(backend(), new CompileOptions(1), 4);
        Kernel first = both.compile(conv);
        Kernel second = both.compile(norm)) {
      first.run(
          first.values().stream()
              .map(v -> v.equals(conv.dst()) ? between : memory(v))
              .toArray(MemorySegment[]::new));
      between.set(ValueLayout.JAVA_FLOAT, 0, 9);
      for (Value value : second.values()) {
        ofNorm.add(value.equals(conv.dst()) ? between : memory(value));
      }
      second.run(ofNorm.toArray(MemorySegment[]::new));
      MemorySegment mean = ofNorm.get(second.values().indexOf(norm.mean()));
      assertThat(mean.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(1);
      Shape shape = Shape.of(3);
      both.run(relu(3), floats(1, 2, 3), floats(0, 0, 0));
      int held = both.size();
      both.run(
          new Relu(Value.activation("x", shape), Value.activation("y", shape)),
          floats(1, 2, 3),
          floats(0, 0, 0));
      assertThat(both.size()).as("an input is an input").isEqualTo(held);
    }
  }

  @Test
  void refusesMemoryThatIsWrittenAndOverlapsOther() {
    Shape shape = Shape.of(1, 16, 2, 2);
    Conv2d conv = Conv2d.of("conv", Value.input("src", shape), 16, Window.square(3, 1, 1));
    MemorySegment images = memory(conv.src());
    MemorySegment weights = memory(conv.weights());
    MemorySegment block = arena.allocate(2 * conv.src().bytes(), 64);
    for (boolean rowMajor : new boolean[] {false, true}) {
      try (Kernels any =
          rowMajor
              ? Kernels.rowMajor(backend(), new CompileOptions(1), 2)
              : new Kernels(backend(), new CompileOptions(1), 2)) {
        any.run(conv, images, weights, block.asSlice(0, images.byteSize()));
        assertThatIllegalArgumentException()
            .isThrownBy(() -> any.run(conv, images, weights, images))
            .withMessageContaining(
                "Conv2d: the memory of conv F32 1x16x2x2 overlaps that of src F32");
        assertThatIllegalArgumentException()
            .isThrownBy(
                () ->
                    any.run(
                        conv,
                        block.asSlice(0, images.byteSize()),
                        weights,
                        block.asSlice(64, images.byteSize())))
            .withMessageContaining("overlaps");
        any.run(
            conv,
            block.asSlice(0, images.byteSize()),
            weights,
            block.asSlice(images.byteSize(), images.byteSize()));
      }
    }
  }

  @Test
  void whatIsComputedElementByElementMayReplaceItsInput() {
    MemorySegment memory = floats(-1, 0, 2);
    kernels.run(relu(3), memory, memory);
    assertThat(memory.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(0, 0, 2);
    Shape shape = Shape.of(3);
    Op sum =
        new Add(Value.input("a", shape), Value.input("b", shape), Value.activation("c", shape));
    kernels.run(sum, floats(1, 1, 1), memory, memory);
    assertThat(memory.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 1, 3);
    MemorySegment block = arena.allocate(200, 64);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> kernels.run(relu(32), block.asSlice(0, 128), block.asSlice(64, 128)))
        .withMessage(
            "Relu: the memory of dst F32 32 overlaps that of src F32 32, expected memory of its"
                + " own");
  }

  @Test
  void refusesWorkAfterClose() {
    kernels.close();
    kernels.close();
    assertThatIllegalStateException().isThrownBy(() -> kernels.run(relu(1), floats(1), floats(1)));
  }
}
