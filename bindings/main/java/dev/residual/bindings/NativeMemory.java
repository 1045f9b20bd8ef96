package dev.residual.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

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

  /** Pages that are asked about in one call. */
  private static final int PAGES = 1 << 20;

  private static @Nullable NativeMemory bound;

  private final MethodHandle mmap;
  private final MethodHandle munmap;
  private final MethodHandle madvise;
  private final MethodHandle mincore;
  private final long pageBytes;

  /** The address and the bytes of each slab, for which memory is promised. */
  private final Map<Long, Long> slabs = new ConcurrentHashMap<>();

  private NativeMemory() {
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
    mincore =
        linker.downcallHandle(
            libc.findOrThrow("mincore"),
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS));
    pageBytes = pageBytes(linker, libc);
  }

  /** Bound when first needed: a static initialiser that makes restricted calls could throw. */
  static synchronized NativeMemory get() {
    if (bound == null) {
      bound = new NativeMemory();
    }
    return bound;
  }

  /**
   * The bytes that were allocated and that nobody has touched, so that none counts them as used.
   */
  static long untouched() {
    NativeMemory memory;
    synchronized (NativeMemory.class) {
      memory = bound;
    }
    return memory == null ? 0 : memory.untouchedBytes();
  }

  /**
   * Zeroed memory that lives as long as the arena, aligned to a huge page if it is as large as one,
   * and otherwise to a page.
   *
   * @throws NativeException if the operating system has not that much
   */
  MemorySegment allocate(String purpose, long bytes, Arena arena) {
    if (bytes < HUGE_PAGE) {
      long mapped = map(purpose, bytes, bytes);
      return MemorySegment.ofAddress(mapped)
          .reinterpret(bytes, arena, ignored -> unmap(mapped, bytes));
    }
    // An absurd number must reach mmap as another absurd number, which it refuses.
    long length = Math.min(bytes, Long.MAX_VALUE - HUGE_PAGE) + HUGE_PAGE;
    long mapped = promise(purpose, bytes, length);
    long start = hugePage(mapped);
    advise(start, bytes);
    return MemorySegment.ofAddress(start)
        .reinterpret(
            bytes,
            arena,
            ignored -> {
              slabs.remove(start);
              unmap(mapped, length);
            });
  }

  /** Maps memory that there is, and that is promised to nobody else meanwhile. */
  private synchronized long promise(String purpose, long bytes, long length) {
    if (bytes > AvailableMemory.bytes()) {
      throw new NativeException("mmap", ENOMEM, "ENOMEM", shortage(purpose, bytes));
    }
    long mapped = map(purpose, bytes, length);
    slabs.put(hugePage(mapped), bytes);
    return mapped;
  }

  /** The first address of a huge page, from an address on. */
  private static long hugePage(long address) {
    return (address + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  }

  private long untouchedBytes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment states = arena.allocate(PAGES);
      long untouched = 0;
      for (Map.Entry<Long, Long> slab : slabs.entrySet()) {
        long pages = slab.getValue() / pageBytes;
        for (long page = 0; page < pages; page += PAGES) {
          long asked = Math.min(PAGES, pages - page);
          untouched += pageBytes * absent(slab.getKey() + page * pageBytes, asked, states);
        }
      }
      return untouched;
    }
  }

  /** How many of some pages are not there; none, if they were freed meanwhile. */
  private long absent(long address, long pages, MemorySegment states) {
    try {
      if ((int) mincore.invokeExact(address, pages * pageBytes, states) != 0) {
        return 0;
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    long absent = 0;
    for (long page = 0; page < pages; page++) {
      absent += ~states.get(JAVA_BYTE, page) & 1;
    }
    return absent;
  }

  private static long pageBytes(Linker linker, SymbolLookup libc) {
    MethodHandle size =
        linker.downcallHandle(libc.findOrThrow("getpagesize"), FunctionDescriptor.of(JAVA_INT));
    try {
      return (int) size.invokeExact();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
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
