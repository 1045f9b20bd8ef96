package dev.residual.bindings;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Memory beside a page that may not be touched: whoever strays there dies. */
final class GuardedMemory {

  /** The end of the memory that lies flush against the page. */
  enum Edge {
    START,
    END
  }

  private static final int PROT_NONE = 0;
  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;

  private static final MethodHandle MMAP =
      handle(
          "mmap",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MPROTECT =
      handle("mprotect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
  private static final long PAGE = pageSize();

  private GuardedMemory() {}

  private static MethodHandle handle(String function, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), descriptor);
  }

  private static long pageSize() {
    try {
      return (int) handle("getpagesize", FunctionDescriptor.of(JAVA_INT)).invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Zeroed memory that is never freed, with a forbidden page before it and another behind it. */
  static MemorySegment allocate(long bytes, Edge flush) {
    long length = Math.ceilDiv(Math.max(bytes, 1), PAGE) * PAGE;
    try {
      long before =
          (long) MMAP.invokeExact(0L, length + 2 * PAGE, PROT_NONE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      long start = before + PAGE;
      if (before == -1 || (int) MPROTECT.invokeExact(start, length, PROT_READ_WRITE) != 0) {
        throw new IllegalStateException("no guarded memory of " + bytes + " bytes");
      }
      return MemorySegment.ofAddress(flush == Edge.START ? start : start + length - bytes)
          .reinterpret(bytes);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
