package dev.residual.bindings.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.System.Logger;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tensors that other libraries borrow: structures that live until the other library calls their
 * deleter, from whatever thread.
 */
public final class LentTensors {

  /** What a structure at an address takes, and what is to be done when it is deleted. */
  private record Lent(Arena arena, Runnable deletion) {}

  private static final Map<Long, Lent> LENT = new ConcurrentHashMap<>();

  private static @Nullable MemorySegment deleter;

  private LentTensors() {}

  /**
   * The address of a new structure.
   *
   * @param isReadOnly whether it is to say that memory must not be written
   * @param deletion is called once, when the borrower deletes the structure
   * @throws IllegalArgumentException if the kind of structure cannot say that
   */
  public static long lend(
      ManagedStruct kind, DlTensor tensor, boolean isReadOnly, Runnable deletion) {
    boolean isVersioned = kind == ManagedStruct.VERSIONED;
    if (isReadOnly && !isVersioned) {
      throw new IllegalArgumentException(
          "the unversioned structure of DLPack cannot say that memory is read-only");
    }
    Arena arena = Arena.ofShared();
    try {
      MemorySegment struct = arena.allocate(kind.layout());
      if (isVersioned) {
        struct.set(JAVA_INT, kind.offset("major"), ManagedStruct.MAJOR);
        struct.set(JAVA_LONG, kind.offset("flags"), isReadOnly ? ManagedStruct.READ_ONLY : 0);
      }
      struct.set(JAVA_LONG, kind.offset("deleter"), deleter().address());
      tensor.write(struct.asSlice(kind.offset("dl_tensor"), DlTensor.LAYOUT), arena);
      LENT.put(struct.address(), new Lent(arena, deletion));
      return struct.address();
    } catch (Throwable e) {
      arena.close();
      throw e;
    }
  }

  /** How many structures nobody has deleted yet. */
  public static int count() {
    return LENT.size();
  }

  /** One function for all, which is never freed: a borrower may be in it at any time. */
  private static synchronized MemorySegment deleter() {
    if (deleter == null) {
      deleter =
          Linker.nativeLinker()
              .upcallStub(deletion(), FunctionDescriptor.ofVoid(ADDRESS), Arena.global());
    }
    return deleter;
  }

  private static MethodHandle deletion() {
    try {
      return MethodHandles.lookup()
          .findStatic(
              LentTensors.class, "delete", MethodType.methodType(void.class, MemorySegment.class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Called from C, where an exception would end the process. */
  @SuppressWarnings("UnusedMethod")
  private static void delete(MemorySegment struct) {
    try {
      // By address, so that a second call does not read what was freed.
      Lent lent = LENT.remove(struct.address());
      if (lent == null) {
        log("a tensor was deleted that is not lent, at address " + struct.address(), null);
        return;
      }
      try {
        lent.deletion.run();
      } finally {
        lent.arena.close();
      }
    } catch (Throwable e) {
      log("a tensor that was lent could not be freed", e);
    }
  }

  private static void log(String message, @Nullable Throwable e) {
    System.getLogger("dev.residual").log(Logger.Level.ERROR, message, e);
  }
}
