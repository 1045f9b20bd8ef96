package dev.residual.tensor;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * Host values: an element type, a shape, and the elements in row-major order, little-endian.
 *
 * <p>A tensor does not own its memory: one over an array keeps the array alive, one over a mapped
 * file lives as long as the mapping's arena. The memory may be unaligned. Not synchronised.
 *
 * @param dtype the element type
 * @param shape the extents
 * @param data the elements, exactly {@code shape.elements() * dtype.bytes()} bytes
 */
public record Tensor(DType dtype, Shape shape, MemorySegment data) {

  /** What is larger need not fit into the heap. */
  private static final long MOST_HEAP_BYTES = 1L << 28;

  /**
   * Checks that the memory has the size that type and shape ask for.
   *
   * @throws IllegalArgumentException if it has another
   */
  public Tensor {
    long expected = Math.multiplyExact(shape.elements(), (long) dtype.bytes());
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "tensor %s %s needs %d bytes, given %d"
              .formatted(dtype, shape, expected, data.byteSize()));
    }
  }

  /**
   * A tensor of zeros. Up to 256 MB it lies in the heap. A larger one lies outside the heap,
   * whatever the heap's limit, and is freed some time after nothing refers to it.
   *
   * @throws OutOfMemoryError if there is not as much memory
   */
  public static Tensor zeros(DType dtype, Shape shape) {
    long bytes = Math.multiplyExact(shape.elements(), (long) dtype.bytes());
    if (bytes > MOST_HEAP_BYTES) {
      return new Tensor(dtype, shape, LargeMemory.zeros(bytes));
    }
    int n = (int) shape.elements();
    MemorySegment data =
        switch (dtype.bytes()) {
          case 8 -> MemorySegment.ofArray(new long[n]);
          case 4 -> MemorySegment.ofArray(new int[n]);
          case 2 -> MemorySegment.ofArray(new short[n]);
          default -> MemorySegment.ofArray(new byte[n]);
        };
    return new Tensor(dtype, shape, data);
  }

  /** An {@link DType#F32} tensor over these elements, which are not copied. */
  public static Tensor of(Shape shape, float... elements) {
    return new Tensor(DType.F32, shape, MemorySegment.ofArray(elements));
  }

  /** An {@link DType#F64} tensor over these elements, which are not copied. */
  public static Tensor of(Shape shape, double... elements) {
    return new Tensor(DType.F64, shape, MemorySegment.ofArray(elements));
  }

  /** An {@link DType#I32} tensor over these elements, which are not copied. */
  public static Tensor of(Shape shape, int... elements) {
    return new Tensor(DType.I32, shape, MemorySegment.ofArray(elements));
  }

  /** An {@link DType#F32} tensor over these elements, from position to limit; without a copy. */
  public static Tensor of(Shape shape, FloatBuffer elements) {
    requireLittleEndian(elements.order());
    return new Tensor(DType.F32, shape, MemorySegment.ofBuffer(elements));
  }

  /**
   * A tensor over these bytes, from position to limit; without a copy. Position and limit of the
   * buffer stay as they are.
   *
   * @throws IllegalArgumentException if there are more or fewer than the tensor has, or the buffer
   *     is big-endian, as new ones are; for elements of one byte that does not matter
   */
  public static Tensor of(DType dtype, Shape shape, ByteBuffer bytes) {
    if (dtype.bytes() > 1) {
      requireLittleEndian(bytes.order());
    }
    return new Tensor(dtype, shape, MemorySegment.ofBuffer(bytes));
  }

  private static void requireLittleEndian(ByteOrder order) {
    if (order != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalArgumentException(
          "the buffer is "
              + order
              + ", elements are LITTLE_ENDIAN: set its order before it is filled");
    }
  }

  /** The element at a row-major index, widened to double. */
  public double get(long index) {
    return switch (dtype) {
      case F32 -> data.get(JAVA_FLOAT_UNALIGNED, index * 4);
      case F64 -> data.get(JAVA_DOUBLE_UNALIGNED, index * 8);
      case BF16 -> Bfloat16.toFloat(data.get(JAVA_SHORT_UNALIGNED, index * 2));
      case F16 -> Float.float16ToFloat(data.get(JAVA_SHORT_UNALIGNED, index * 2));
      case I64 -> data.get(JAVA_LONG_UNALIGNED, index * 8);
      case I32 -> data.get(JAVA_INT_UNALIGNED, index * 4);
      case S8 -> data.get(JAVA_BYTE, index);
      case U8 -> data.get(JAVA_BYTE, index) & 0xFF;
    };
  }

  /**
   * Sets the element at a row-major index to the nearest value of the type; for integers that may
   * be a bound of their range.
   */
  public void set(long index, double value) {
    switch (dtype) {
      case F32 -> data.set(JAVA_FLOAT_UNALIGNED, index * 4, (float) value);
      case F64 -> data.set(JAVA_DOUBLE_UNALIGNED, index * 8, value);
      case BF16 -> data.set(JAVA_SHORT_UNALIGNED, index * 2, Bfloat16.toBits((float) value));
      case F16 -> data.set(JAVA_SHORT_UNALIGNED, index * 2, Float.floatToFloat16((float) value));
      case I64 -> data.set(JAVA_LONG_UNALIGNED, index * 8, Math.round(value));
      case I32 ->
          data.set(
              JAVA_INT_UNALIGNED,
              index * 4,
              (int) nearest(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
      case S8 -> data.set(JAVA_BYTE, index, (byte) nearest(value, Byte.MIN_VALUE, Byte.MAX_VALUE));
      case U8 -> data.set(JAVA_BYTE, index, (byte) nearest(value, 0, 255));
    }
  }

  private static long nearest(double value, int least, int most) {
    return Math.clamp(Math.round(value), least, most);
  }

  /** Whether no element is infinite or NaN; integers never are. */
  public boolean isFinite() {
    long elements = shape.elements();
    for (long i = 0; dtype.isFloating() && i < elements; i++) {
      if (!Double.isFinite(get(i))) {
        return false;
      }
    }
    return true;
  }

  /** This tensor with elements of another type; itself if the type is the same. */
  public Tensor to(DType type) {
    if (type == dtype) {
      return this;
    }
    Tensor converted = zeros(type, shape);
    long elements = shape.elements();
    for (long i = 0; i < elements; i++) {
      converted.set(i, get(i));
    }
    return converted;
  }

  /** The same elements under another shape of equal size. */
  public Tensor reshape(Shape other) {
    return new Tensor(dtype, other, data);
  }

  /** The elements as a new float array, in row-major order. */
  public float[] toFloats() {
    float[] floats = new float[Math.toIntExact(shape.elements())];
    if (dtype == DType.F32) {
      MemorySegment.ofArray(floats).copyFrom(data);
    } else {
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) get(i);
      }
    }
    return floats;
  }

  /** The elements as a new double array, in row-major order. */
  public double[] toDoubles() {
    double[] doubles = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = get(i);
    }
    return doubles;
  }

  @Override
  public String toString() {
    return "Tensor[" + dtype + " " + shape + "]";
  }
}
