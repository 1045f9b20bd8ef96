package dev.residual.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * Memory for slabs, taken from the operating system in whole pages: zeroed by it when first
 * touched, and not before.
 *
 * <p>{@link Arena#allocate} would write zeros at once, from one thread, and so place every page
 * near that thread and touch it twice.
 */
final class NativeMemory {

  /** A huge page of x86_64, and of aarch64 with pages of 4 KiB. */
  private static final long HUGE_PAGE = 2L << 20;

  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
  private static final int MADV_HUGEPAGE = 14;
  private static final int ENOMEM = 12;
  private static final StructLayout ERRNO = Linker.Option.captureStateLayout();

  private final MethodHandle mmap;
  private final MethodHandle munmap;
  private final MethodHandle madvise;

  NativeMemory() {
    Linker linker = Linker.nativeLinker();
    SymbolLookup libc = linker.defaultLookup();
    mmap =
        linker.downcallHandle(
            libc.findOrThrow("mmap"),
            FunctionDescriptor.of(
                JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
            Linker.Option.captureCallState("errno"));
    munmap =
        linker.downcallHandle(
            libc.findOrThrow("munmap"), FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
    madvise =
        linker.downcallHandle(
            libc.findOrThrow("madvise"),
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
  }

  /**
   * Zeroed memory that lives as long as the arena, aligned to a huge page if it is as large as one,
   * and otherwise to a page.
   *
   * @throws NativeException if the operating system has not that much
   */
  MemorySegment allocate(String purpose, long bytes, Arena arena) {
    boolean huge = bytes >= HUGE_PAGE;
    if (huge && bytes > AvailableMemory.bytes()) {
      throw new NativeException("mmap", ENOMEM, "ENOMEM", shortage(purpose, bytes));
    }
    // An absurd number must reach mmap as another absurd number, which it refuses.
    long length = huge ? Math.min(bytes, Long.MAX_VALUE - HUGE_PAGE) + HUGE_PAGE : bytes;
    long mapped = map(purpose, bytes, length);
    long start = huge ? (mapped + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE : mapped;
    if (huge) {
      advise(start, bytes);
    }
    return MemorySegment.ofAddress(start)
        .reinterpret(bytes, arena, ignored -> unmap(mapped, length));
  }

  private long map(String purpose, long bytes, long length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(ERRNO);
      long address =
          (long)
              mmap.invokeExact(
                  state,
                  MemorySegment.NULL,
                  length,
                  PROT_READ_WRITE,
                  MAP_PRIVATE_ANONYMOUS,
                  -1,
                  0L);
      if (address == -1) {
        int errno =
            (int) ERRNO.varHandle(MemoryLayout.PathElement.groupElement("errno")).get(state, 0L);
        throw new NativeException(
            "mmap", errno, errno == ENOMEM ? "ENOMEM" : "errno", shortage(purpose, bytes));
      }
      return address;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static String shortage(String purpose, long bytes) {
    return String.format(
        Locale.ROOT,
        "out of memory: %s asked for %,d bytes (%.2f GiB) outside the Java heap; a smaller batch"
            + " needs less",
        purpose,
        bytes,
        bytes / 0x1p30);
  }

  private void advise(long address, long length) {
    try {
      // A kernel without huge pages refuses, and ordinary pages serve as well.
      int ignored = (int) madvise.invokeExact(address, length, MADV_HUGEPAGE);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private void unmap(long address, long length) {
    try {
      int ignored = (int) munmap.invokeExact(address, length);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
