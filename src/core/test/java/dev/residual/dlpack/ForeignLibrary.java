package dev.residual.dlpack;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A library that lends tensors and borrows them, as C does: the offsets are those of dlpack.h on
 * machines of 64 bits, written down by hand.
 */
public final class ForeignLibrary implements AutoCloseable {
  static final int FLOAT = 2;
  static final int READ_ONLY = 1;

  private static final int TENSOR = 32;
  private static final int TENSOR_UNVERSIONED = 0;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment deleter;

  /** The addresses of the structures that were deleted, in that order. */
  public final List<Long> deleted = new ArrayList<>();

  /** A library that has lent nothing. */
  public ForeignLibrary() {
    try {
      deleter =
          Linker.nativeLinker()
              .upcallStub(
                  MethodHandles.lookup()
                      .bind(this, "delete", MethodType.methodType(void.class, MemorySegment.class)),
                  FunctionDescriptor.ofVoid(ADDRESS),
                  arena);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  @SuppressWarnings("UnusedMethod") // by the stub
  private synchronized void delete(MemorySegment struct) {
    deleted.add(struct.address());
  }

  /** A structure to lend, which tests damage. */
  public static final class Lent {
    /** The whole structure. */
    public final MemorySegment struct;

    /** The DLTensor in it. */
    final MemorySegment tensor;

    private Lent(MemorySegment struct, int tensor) {
      this.struct = struct;
      this.tensor = struct.asSlice(tensor, 48);
    }

    /** What C passes on. */
    public long address() {
      return struct.address();
    }

    Lent type(int code, int bits, int lanes) {
      tensor.set(JAVA_BYTE, 20, (byte) code);
      tensor.set(JAVA_BYTE, 21, (byte) bits);
      tensor.set(JAVA_SHORT, 22, (short) lanes);
      return this;
    }

    /** Puts it on a device. */
    public Lent device(int type) {
      tensor.set(JAVA_INT, 8, type);
      return this;
    }

    Lent extents(int count) {
      tensor.set(JAVA_INT, 16, count);
      return this;
    }

    Lent data(long address) {
      tensor.set(JAVA_LONG, 0, address);
      return this;
    }

    Lent shapeAt(long address) {
      tensor.set(JAVA_LONG, 24, address);
      return this;
    }

    Lent offset(long bytes) {
      tensor.set(JAVA_LONG, 40, bytes);
      return this;
    }

    Lent flags(long flags) {
      struct.set(JAVA_LONG, 24, flags);
      return this;
    }

    Lent major(int version) {
      struct.set(JAVA_INT, 0, version);
      return this;
    }
  }

  MemorySegment floats(float... elements) {
    return arena.allocate(4L * elements.length, 64).copyFrom(MemorySegment.ofArray(elements));
  }

  private MemorySegment longs(long... numbers) {
    return arena.allocate(8L * numbers.length, 8).copyFrom(MemorySegment.ofArray(numbers));
  }

  /** A versioned structure over floats; strides may be null. */
  public Lent versioned(MemorySegment data, long[] shape, long[] strides) {
    MemorySegment struct = arena.allocate(80, 8);
    struct.set(JAVA_INT, 0, 1);
    struct.set(JAVA_INT, 4, 9); // a minor version that is not known
    struct.set(ADDRESS, 16, deleter);
    return filled(new Lent(struct, TENSOR), data, shape, strides);
  }

  /** An unversioned structure over floats; strides may be null. */
  Lent unversioned(MemorySegment data, long[] shape, long[] strides) {
    MemorySegment struct = arena.allocate(64, 8);
    struct.set(ADDRESS, 56, deleter);
    return filled(new Lent(struct, TENSOR_UNVERSIONED), data, shape, strides);
  }

  private Lent filled(Lent lent, MemorySegment data, long[] shape, long[] strides) {
    lent.data(data.address()).device(1).extents(shape.length).type(FLOAT, 32, 1);
    lent.shapeAt(longs(shape).address());
    lent.tensor.set(JAVA_LONG, 32, strides == null ? 0 : longs(strides).address());
    return lent;
  }

  /** Calls a function of C. */
  static Object call(MemorySegment function, FunctionDescriptor descriptor, Object... arguments) {
    try {
      return Linker.nativeLinker()
          .downcallHandle(function, descriptor)
          .invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Calls a function of the C library. */
  static Object call(String function, FunctionDescriptor descriptor, Object... arguments) {
    MemorySegment symbol = Linker.nativeLinker().defaultLookup().findOrThrow(function);
    return call(symbol, descriptor, arguments);
  }

  /** Calls the deleter of a structure that was borrowed, from this thread. */
  static void delete(long address, boolean isVersioned) {
    call(
        deleter(address, isVersioned),
        FunctionDescriptor.ofVoid(ADDRESS),
        MemorySegment.ofAddress(address));
  }

  /** The same from a thread of C's, which Java does not know. */
  static void deleteElsewhere(long address, boolean isVersioned) {
    try (Arena temporary = Arena.ofConfined()) {
      MemorySegment thread = temporary.allocate(JAVA_LONG);
      Object created =
          call(
              "pthread_create",
              FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS),
              thread,
              MemorySegment.NULL,
              deleter(address, isVersioned),
              MemorySegment.ofAddress(address));
      Object joined =
          call(
              "pthread_join",
              FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS),
              thread.get(JAVA_LONG, 0),
              MemorySegment.NULL);
      if (!created.equals(0) || !joined.equals(0)) {
        throw new AssertionError("no thread");
      }
    }
  }

  private static MemorySegment deleter(long address, boolean isVersioned) {
    return struct(address, isVersioned).get(ADDRESS, isVersioned ? 16 : 56);
  }

  private static MemorySegment struct(long address, boolean isVersioned) {
    return MemorySegment.ofAddress(address).reinterpret(isVersioned ? 80 : 64);
  }

  /** What a structure that was borrowed says of itself, as text. */
  static String describe(long address, boolean isVersioned) {
    MemorySegment struct = struct(address, isVersioned);
    MemorySegment tensor = struct.asSlice(isVersioned ? TENSOR : TENSOR_UNVERSIONED, 48);
    int ndim = tensor.get(JAVA_INT, 16);
    return "%sdevice %d:%d, type %d of %d bits and %d lanes, shape %s, strides %s, offset %d"
        .formatted(
            isVersioned
                ? "version %d.%d, flags %d, "
                    .formatted(
                        struct.get(JAVA_INT, 0), struct.get(JAVA_INT, 4), struct.get(JAVA_LONG, 24))
                : "",
            tensor.get(JAVA_INT, 8),
            tensor.get(JAVA_INT, 12),
            tensor.get(JAVA_BYTE, 20),
            tensor.get(JAVA_BYTE, 21),
            tensor.get(JAVA_SHORT, 22),
            longs(tensor.get(JAVA_LONG, 24), ndim),
            longs(tensor.get(JAVA_LONG, 32), ndim),
            tensor.get(JAVA_LONG, 40));
  }

  private static List<Long> longs(long address, int count) {
    MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(8L * count);
    return Arrays.stream(memory.toArray(JAVA_LONG)).boxed().toList();
  }

  /** The memory of a structure that was borrowed. */
  static MemorySegment data(long address, boolean isVersioned, long bytes) {
    long data = struct(address, isVersioned).get(JAVA_LONG, isVersioned ? TENSOR : 0);
    return MemorySegment.ofAddress(data).reinterpret(bytes);
  }

  @Override
  public void close() {
    arena.close();
  }
}
