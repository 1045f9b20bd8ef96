package dev.residual.tensor;

/** The element type of a tensor. */
public enum DType {
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary64. */
  F64(8),
  /** bfloat16: the upper half of a binary32. */
  BF16(2),
  /** IEEE 754 binary16. */
  F16(2),
  /** Signed 64-bit integer. */
  I64(8),
  /** Signed 32-bit integer. */
  I32(4),
  /** Signed 8-bit integer. */
  S8(1),
  /** Unsigned 8-bit integer. */
  U8(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether elements are floating-point numbers. */
  public boolean isFloating() {
    return switch (this) {
      case F32, F64, BF16, F16 -> true;
      case I64, I32, S8, U8 -> false;
    };
  }

  /** Whether elements are floating-point numbers of 16 bits, whose sums and masters are F32. */
  public boolean isHalf() {
    return this == BF16 || this == F16;
  }
}
