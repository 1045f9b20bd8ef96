package dev.residual.bindings.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** A tensor that another library lends, until it is deleted. */
public final class ManagedTensor {
  private final MemorySegment struct;
  private final MemorySegment deleter;
  private final DlTensor tensor;
  private final boolean isReadOnly;
  private final AtomicBoolean deleted = new AtomicBoolean();

  private ManagedTensor(ManagedStruct kind, MemorySegment struct) {
    this.struct = struct;
    deleter = deleter(kind, struct);
    tensor = DlTensor.read(struct.asSlice(kind.offset("dl_tensor"), DlTensor.LAYOUT));
    isReadOnly =
        kind == ManagedStruct.VERSIONED
            && (struct.get(JAVA_LONG, kind.offset("flags")) & ManagedStruct.READ_ONLY) != 0;
  }

  /**
   * Takes the structure at an address, which is then this library's to delete, and is deleted if it
   * is refused.
   *
   * @throws IllegalArgumentException if the address is none, or the structure is of another major
   *     version
   */
  public static ManagedTensor take(ManagedStruct kind, long address) {
    if (address == 0 || address % Long.BYTES != 0) {
      throw new IllegalArgumentException(
          "0x%x is no address of a managed tensor of DLPack".formatted(address));
    }
    MemorySegment struct = MemorySegment.ofAddress(address).reinterpret(kind.layout().byteSize());
    try {
      requireKnown(kind, struct);
      return new ManagedTensor(kind, struct);
    } catch (RuntimeException e) {
      delete(deleter(kind, struct), struct);
      throw e;
    }
  }

  /** What comes after the deleter may be anything in another version. */
  private static void requireKnown(ManagedStruct kind, MemorySegment struct) {
    if (kind == ManagedStruct.UNVERSIONED) {
      return;
    }
    int major = struct.get(JAVA_INT, kind.offset("major"));
    if (major != ManagedStruct.MAJOR) {
      throw new IllegalArgumentException(
          "the managed tensor has version %d.%d of DLPack, expected version %d"
              .formatted(major, struct.get(JAVA_INT, kind.offset("minor")), ManagedStruct.MAJOR));
    }
  }

  /** What it is. */
  public DlTensor tensor() {
    return tensor;
  }

  /** Whether its memory must not be written. */
  public boolean isReadOnly() {
    return isReadOnly;
  }

  /** Gives it back, once: calls the function that its library wants called. */
  public void delete() {
    if (deleted.compareAndSet(false, true)) {
      delete(deleter, struct);
    }
  }

  private static MemorySegment deleter(ManagedStruct kind, MemorySegment struct) {
    return MemorySegment.ofAddress(struct.get(JAVA_LONG, kind.offset("deleter")));
  }

  private static void delete(MemorySegment deleter, MemorySegment struct) {
    if (deleter.address() == 0) {
      return;
    }
    try {
      Linker.nativeLinker()
          .downcallHandle(deleter, FunctionDescriptor.ofVoid(ADDRESS))
          .invokeExact(struct);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
