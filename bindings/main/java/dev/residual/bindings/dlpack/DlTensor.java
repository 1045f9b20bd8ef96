package dev.residual.bindings.dlpack;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code DLTensor}: where elements lie, and what they are.
 *
 * @param data the address that {@code byteOffset} counts from
 * @param shape the extents, outermost first
 * @param strides the distance of neighbours along each extent, in elements; null if row-major
 * @param byteOffset where the first element lies, unsigned
 */
public record DlTensor(
    long data,
    Device device,
    DataType dtype,
    List<Long> shape,
    @Nullable List<Long> strides,
    long byteOffset) {

  /** {@code kDLCPU}. */
  public static final int CPU = 1;

  /** {@code kDLCUDA}. */
  public static final int CUDA = 2;

  /** {@code kDLCUDAHost}: memory of the host that a GPU may access, too. */
  public static final int CUDA_HOST = 3;

  /** {@code kDLInt}. */
  public static final int INT = 0;

  /** {@code kDLUInt}. */
  public static final int UINT = 1;

  /** {@code kDLFloat}. */
  public static final int FLOAT = 2;

  /** {@code kDLBfloat}. */
  public static final int BFLOAT = 4;

  /** More extents than any library has. */
  private static final int MOST_EXTENTS = 64;

  /** {@code DLDevice}: one of the constants, and the number of the device. */
  public record Device(int type, int id) {}

  /** {@code DLDataType}: one of the constants, and the bits of a number; more lanes are vectors. */
  public record DataType(int code, int bits, int lanes) {}

  static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          JAVA_LONG.withName("data"),
          JAVA_INT.withName("device_type"),
          JAVA_INT.withName("device_id"),
          JAVA_INT.withName("ndim"),
          JAVA_BYTE.withName("code"),
          JAVA_BYTE.withName("bits"),
          JAVA_SHORT.withName("lanes"),
          JAVA_LONG.withName("shape"),
          JAVA_LONG.withName("strides"),
          JAVA_LONG.withName("byte_offset"));

  /**
   * Reads the structure and the arrays that it refers to.
   *
   * @throws IllegalArgumentException if the number of extents is absurd, or they are missing
   */
  static DlTensor read(MemorySegment struct) {
    int ndim = struct.get(JAVA_INT, at("ndim"));
    long shape = struct.get(JAVA_LONG, at("shape"));
    long strides = struct.get(JAVA_LONG, at("strides"));
    if (ndim < 0 || ndim > MOST_EXTENTS || (ndim > 0 && shape == 0)) {
      throw new IllegalArgumentException(
          "a tensor of DLPack has %d extents at address %d, expected 0 to %d"
              .formatted(ndim, shape, MOST_EXTENTS));
    }
    return new DlTensor(
        struct.get(JAVA_LONG, at("data")),
        new Device(struct.get(JAVA_INT, at("device_type")), struct.get(JAVA_INT, at("device_id"))),
        new DataType(
            Byte.toUnsignedInt(struct.get(JAVA_BYTE, at("code"))),
            Byte.toUnsignedInt(struct.get(JAVA_BYTE, at("bits"))),
            Short.toUnsignedInt(struct.get(JAVA_SHORT, at("lanes")))),
        longs(shape, ndim),
        strides == 0 ? null : longs(strides, ndim),
        struct.get(JAVA_LONG, at("byte_offset")));
  }

  private static List<Long> longs(long address, int count) {
    MemorySegment memory = MemorySegment.ofAddress(address).reinterpret((long) count * Long.BYTES);
    return Arrays.stream(memory.toArray(JAVA_LONG)).boxed().toList();
  }

  /** Writes the structure, and the arrays into new memory. */
  void write(MemorySegment struct, SegmentAllocator allocator) {
    struct.set(JAVA_LONG, at("data"), data);
    struct.set(JAVA_INT, at("device_type"), device.type);
    struct.set(JAVA_INT, at("device_id"), device.id);
    struct.set(JAVA_INT, at("ndim"), shape.size());
    struct.set(JAVA_BYTE, at("code"), (byte) dtype.code);
    struct.set(JAVA_BYTE, at("bits"), (byte) dtype.bits);
    struct.set(JAVA_SHORT, at("lanes"), (short) dtype.lanes);
    struct.set(JAVA_LONG, at("shape"), longs(shape, allocator));
    struct.set(JAVA_LONG, at("strides"), strides == null ? 0 : longs(strides, allocator));
    struct.set(JAVA_LONG, at("byte_offset"), byteOffset);
  }

  private static long longs(List<Long> numbers, SegmentAllocator allocator) {
    long[] array = numbers.stream().mapToLong(Long::longValue).toArray();
    return allocator.allocateFrom(JAVA_LONG, array).address();
  }

  private static long at(String field) {
    return LAYOUT.byteOffset(PathElement.groupElement(field));
  }
}
