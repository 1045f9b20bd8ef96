package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class NativeScopeTest {

  private final List<Long> destroyed = new ArrayList<>();

  @Test
  void destroysNewestFirst() {
    NativeScope scope = NativeScope.open();
    assertThat(create(scope, 1).address()).isEqualTo(1);
    create(scope, 2);
    create(scope, 3);
    scope.close();
    assertThat(destroyed).containsExactly(3L, 2L, 1L);
  }

  @Test
  void closesOnce() {
    NativeScope scope = NativeScope.open();
    create(scope, 1);
    scope.close();
    scope.close();
    assertThat(destroyed).hasSize(1);
    assertThat(scope.isClosed()).isTrue();
  }

  @Test
  void aFailedCreationIsNotDestroyedButEarlierOnesAre() {
    assertThatThrownBy(
            () ->
                NativeScope.construct(
                    scope -> {
                      create(scope, 1);
                      create(scope, 2);
                      return scope.create(
                          "fake_create", NativeScopeTest::check, out -> 2, this::destroy);
                    }))
        .isInstanceOf(NativeException.class)
        .hasMessageContaining("fake_create returned 2 (fake_bad)");
    assertThat(destroyed).containsExactly(2L, 1L);
  }

  @Test
  void oneFailingDestructionDoesNotStopTheOthers() {
    NativeScope scope = NativeScope.open();
    create(scope, 1);
    scope.onClose(
        () -> {
          throw new IllegalStateException("first");
        });
    scope.onClose(
        () -> {
          throw new IllegalStateException("newest");
        });
    Throwable e = catchThrowable(scope::close);
    assertThat(e).hasMessage("newest");
    assertThat(e.getSuppressed())
        .singleElement()
        .extracting(Throwable::getMessage)
        .isEqualTo("first");
    assertThat(destroyed).containsExactly(1L);
  }

  @Test
  void nothingIsCreatedOrTouchedAfterClose() {
    NativeScope scope = NativeScope.open();
    MemorySegment slab = scope.slab("a test", 1 << 22);
    MemorySegment small = scope.allocate(ValueLayout.JAVA_INT);
    scope.close();
    assertThatIllegalStateException().isThrownBy(() -> create(scope, 1));
    assertThatIllegalStateException().isThrownBy(() -> scope.slab("a test", 10));
    assertThatIllegalStateException().isThrownBy(() -> scope.allocate(8, 8));
    assertThatIllegalStateException().isThrownBy(() -> slab.get(ValueLayout.JAVA_BYTE, 0));
    assertThatIllegalStateException().isThrownBy(() -> small.get(ValueLayout.JAVA_INT, 0));
  }

  @Test
  void slabsAreZeroedAndAligned() {
    try (NativeScope scope = NativeScope.open()) {
      for (long bytes :
          new long[] {0, 1, 63, 4097, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 9_999_999}) {
        MemorySegment slab = scope.slab("a test", bytes);
        assertThat(slab.byteSize()).isEqualTo(bytes);
        assertThat(slab.address() % NativeScope.ALIGNMENT).isZero();
        for (long i = 0; i < bytes; i += 1021) {
          assertThat(slab.get(ValueLayout.JAVA_BYTE, i)).isZero();
        }
        slab.fill((byte) 1);
      }
    }
  }

  @Test
  void tooLargeASlabSaysHowMuchWasAskedFor() {
    try (NativeScope scope = NativeScope.open()) {
      assertThatThrownBy(() -> scope.slab("the activations", 1L << 46))
          .isInstanceOf(NativeException.class)
          .hasMessageContaining("mmap returned 12 (ENOMEM)")
          .hasMessageContaining(
              "the activations asked for 70,368,744,177,664 bytes (65536.00 GiB)");
      assertThatThrownBy(() -> scope.slab("a test", Long.MAX_VALUE))
          .isInstanceOf(NativeException.class)
          .hasMessageContaining("out of memory");
      assertThatIllegalArgumentException().isThrownBy(() -> scope.slab("a test", -1));
      assertThatCode(() -> scope.slab("a test", 100))
          .as("and the scope is still of use")
          .doesNotThrowAnyException();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void closedSlabsGiveTheirMemoryBack() throws IOException {
    long before = residentPages();
    for (int i = 0; i < 50; i++) {
      try (NativeScope scope = NativeScope.open()) {
        scope.slab("a test", 64 << 20).fill((byte) 1);
      }
    }
    assertThat(residentPages() - before)
        .as("pages of 4 KiB, of 50 times 64 MiB")
        .isLessThan(50_000);
  }

  private static long residentPages() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
  }

  private MemorySegment create(NativeScope scope, long handle) {
    return scope.create(
        "fake_create",
        NativeScopeTest::check,
        out -> {
          out.set(ValueLayout.JAVA_LONG, 0, handle);
          return 0;
        },
        this::destroy);
  }

  private int destroy(MemorySegment handle) {
    destroyed.add(handle.address());
    return 0;
  }

  private static void check(String function, int status) {
    if (status != 0) {
      throw new NativeException(function, status, "fake_bad", "no more is known");
    }
  }
}
