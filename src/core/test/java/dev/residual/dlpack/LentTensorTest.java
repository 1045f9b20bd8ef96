package dev.residual.dlpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.bindings.dlpack.LentTensors;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Filter;
import java.util.logging.Logger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors that another library borrows. */
class LentTensorTest {
  private static final Shape IMAGES = Shape.of(2, 3, 4, 5);

  private final int before = LentTensors.count();
  private final AtomicInteger releases = new AtomicInteger();

  @AfterEach
  void requireAllGivenBack() {
    assertThat(LentTensors.count()).isEqualTo(before);
  }

  /** Memory of a caller's, that a shared tensor releases. */
  private SharedTensor owned(float... elements) {
    Arena arena = Arena.ofShared();
    MemorySegment memory =
        arena.allocate(4L * elements.length, 64).copyFrom(MemorySegment.ofArray(elements));
    return SharedTensor.of(
        DType.F32,
        Shape.of(elements.length),
        Layout.ROW_MAJOR,
        memory,
        () -> {
          releases.incrementAndGet();
          arena.close();
        });
  }

  private static long lend(SharedTensor tensor, boolean isVersioned) {
    return isVersioned ? tensor.lendVersioned() : tensor.lendUnversioned();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theStructureSaysWhatTheTensorIs(boolean isVersioned) {
    try (SharedTensor rows = SharedTensor.zeros(DType.F32, IMAGES, Layout.ROW_MAJOR);
        SharedTensor last = SharedTensor.zeros(DType.BF16, IMAGES, Layout.CHANNELS_LAST)) {
      long first = lend(rows, isVersioned);
      long second = lend(last, isVersioned);
      String version = isVersioned ? "version 1.0, flags 0, " : "";
      assertThat(ForeignLibrary.describe(first, isVersioned))
          .isEqualTo(
              version
                  + "device 1:0, type 2 of 32 bits and 1 lanes, shape [2, 3, 4, 5],"
                  + " strides [60, 20, 5, 1], offset 0");
      assertThat(ForeignLibrary.describe(second, isVersioned))
          .isEqualTo(
              version
                  + "device 1:0, type 4 of 16 bits and 1 lanes, shape [2, 3, 4, 5],"
                  + " strides [60, 1, 15, 3], offset 0");
      assertThat(ForeignLibrary.data(first, isVersioned, 4).address())
          .isEqualTo(rows.memory().address());
      ForeignLibrary.delete(first, isVersioned);
      ForeignLibrary.delete(second, isVersioned);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBorrowerKeepsTheMemoryAndGivesItBackFromAnyThread(boolean isVersioned) {
    SharedTensor tensor = owned(1, 2, 3);
    long first = lend(tensor, isVersioned);
    long second = lend(tensor, isVersioned);
    tensor.close();
    tensor.close();
    assertThatIllegalStateException().isThrownBy(() -> lend(tensor, isVersioned));
    assertThatIllegalStateException()
        .isThrownBy(() -> tensor.memory().get(ValueLayout.JAVA_FLOAT, 0));
    ForeignLibrary.delete(first, isVersioned);
    assertThat(releases).hasValue(0);
    MemorySegment borrowed = ForeignLibrary.data(second, isVersioned, 12);
    assertThat(borrowed.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(1, 2, 3);
    ForeignLibrary.deleteElsewhere(second, isVersioned);
    assertThat(releases).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsBorrowedFromThisLibraryIsTheSameMemory(boolean isVersioned) {
    SharedTensor tensor = owned(1, 2, 3);
    long address = lend(tensor, isVersioned);
    SharedTensor borrowed =
        isVersioned
            ? SharedTensor.borrowVersioned(address)
            : SharedTensor.borrowUnversioned(address);
    assertThat(borrowed.memory().address()).isEqualTo(tensor.memory().address());
    long again = lend(borrowed, isVersioned);
    borrowed.close();
    tensor.close();
    assertThat(releases).hasValue(0);
    ForeignLibrary.delete(again, isVersioned);
    assertThat(releases).hasValue(1);
  }

  @Test
  void manyThreadsLendAndGiveBack() {
    for (int round = 0; round < 20; round++) {
      SharedTensor tensor = owned(1, 2, 3);
      List<CompletableFuture<Void>> borrowers = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        borrowers.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    boolean isVersioned = i % 2 == 0;
                    long address;
                    try {
                      address = lend(tensor, isVersioned);
                    } catch (IllegalStateException closed) {
                      return;
                    }
                    assertThat(
                            ForeignLibrary.data(address, isVersioned, 12)
                                .get(ValueLayout.JAVA_FLOAT, 8))
                        .isEqualTo(3);
                    ForeignLibrary.delete(address, isVersioned);
                  }
                }));
      }
      tensor.close();
      borrowers.forEach(CompletableFuture::join);
      assertThat(releases).hasValue(round + 1);
    }
  }

  @Test
  void aBorrowerThatDeletesTwiceDoesNoHarm() {
    SharedTensor tensor = owned(1);
    long address = tensor.lendVersioned();
    try (Arena arena = Arena.ofConfined()) {
      // Again by a copy, for the structure will be gone.
      MemorySegment copy = arena.allocate(80, 8);
      copy.copyFrom(MemorySegment.ofAddress(address).reinterpret(80));
      ForeignLibrary.delete(address, true);
      assertThat(logged(() -> ForeignLibrary.delete(copy.address(), true)))
          .singleElement(InstanceOfAssertFactories.STRING)
          .contains("not lent");
    }
    assertThat(releases).hasValue(0);
    tensor.close();
    assertThat(releases).hasValue(1);
  }

  /** What is logged meanwhile, and nowhere else. */
  private static List<String> logged(Runnable action) {
    List<String> messages = new ArrayList<>();
    Logger logger = Logger.getLogger("dev.residual");
    Filter before = logger.getFilter();
    logger.setFilter(
        entry -> {
          messages.add(entry.getMessage() + ": " + entry.getThrown());
          return false;
        });
    try {
      action.run();
    } finally {
      logger.setFilter(before);
    }
    return messages;
  }

  @Test
  void aReleaseThatFailsDoesNotEndTheProcess() {
    try (Arena arena = Arena.ofConfined()) {
      SharedTensor tensor =
          SharedTensor.of(
              DType.U8,
              Shape.of(64),
              Layout.ROW_MAJOR,
              arena.allocate(64),
              () -> {
                throw new IllegalStateException("on purpose");
              });
      long address = tensor.lendVersioned();
      tensor.close();
      assertThat(logged(() -> ForeignLibrary.delete(address, true)))
          .singleElement(InstanceOfAssertFactories.STRING)
          .contains("could not be freed", "on purpose");
    }
  }

  @Test
  void memoryThatDoesNotFitIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment small = arena.allocate(60);
      Arena ended = Arena.ofConfined();
      MemorySegment closed = ended.allocate(64);
      ended.close();
      for (MemorySegment wrong : List.of(small, closed, MemorySegment.ofArray(new float[16]))) {
        assertThatIllegalArgumentException()
            .isThrownBy(
                () -> SharedTensor.of(DType.F32, Shape.of(16), Layout.ROW_MAJOR, wrong, () -> {}))
            .withMessageContaining("F32 16 needs 64 bytes of off-heap memory");
      }
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SharedTensor.zeros(DType.F32, Shape.of(16), Layout.CHANNELS_LAST))
        .withMessageContaining("16 has no channels-last layout");
  }

  @Test
  void memoryThatIsReadOnlyIsLentReadOnly() {
    try (Arena arena = Arena.ofConfined();
        SharedTensor tensor =
            SharedTensor.of(
                DType.U8,
                Shape.of(64),
                Layout.ROW_MAJOR,
                arena.allocate(64).asReadOnly(),
                () -> {})) {
      long address = tensor.lendVersioned();
      assertThat(ForeignLibrary.describe(address, true)).contains("flags 1");
      ForeignLibrary.delete(address, true);
      assertThatIllegalArgumentException().isThrownBy(tensor::lendUnversioned);
    }
  }
}
