package dev.residual.backend.cudnn.operation;

import dev.residual.tensor.DType;
import java.util.Locale;

/** The element type of a tensor of an operation graph: {@code cudnnDataType_t}. */
public enum ElementType {
  /** IEEE 754 binary32. */
  FLOAT(32),
  /** IEEE 754 binary16. */
  HALF(16),
  /** The upper half of a binary32. */
  BFLOAT16(16),
  /** Signed 8-bit integer. */
  INT8(8),
  /** Unsigned 8-bit integer. */
  UINT8(8),
  /** Signed 32-bit integer. */
  INT32(32),
  /** Signed 64-bit integer. */
  INT64(64),
  /** One bit: element i is bit i % 8 of byte i / 8. */
  BOOLEAN(1);

  private final int bits;

  ElementType(int bits) {
    this.bits = bits;
  }

  /**
   * The type of a tensor's elements.
   *
   * @throws IllegalArgumentException for F64, which no engine computes with
   */
  public static ElementType of(DType type) {
    return switch (type) {
      case F32 -> FLOAT;
      case F16 -> HALF;
      case BF16 -> BFLOAT16;
      case S8 -> INT8;
      case U8 -> UINT8;
      case I32 -> INT32;
      case I64 -> INT64;
      case F64 -> throw new IllegalArgumentException("no operation graph computes with F64");
    };
  }

  /** The size of one element in bits. */
  public int bits() {
    return bits;
  }

  /** The bytes that so many elements take, packed. */
  public long bytes(long elements) {
    return Math.ceilDiv(Math.multiplyExact(elements, (long) bits), 8L);
  }

  /** Whether elements are floating-point numbers. */
  public boolean isFloating() {
    return switch (this) {
      case FLOAT, HALF, BFLOAT16 -> true;
      case INT8, UINT8, INT32, INT64, BOOLEAN -> false;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
