package dev.residual.io.weights;

import dev.residual.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * The element types of safetensors. Tensors are made of some of them; of the others the size is
 * known, so that headers can be checked.
 */
enum SafetensorsType {
  F64(64, DType.F64),
  F32(32, DType.F32),
  F16(16, DType.F16),
  BF16(16, DType.BF16),
  I64(64, DType.I64),
  I32(32, DType.I32),
  I8(8, DType.S8),
  U8(8, DType.U8),
  BOOL(8, null),
  I16(16, null),
  U16(16, null),
  U32(32, null),
  U64(64, null),
  C64(64, null),
  F8_E4M3(8, null),
  F8_E5M2(8, null),
  F8_E8M0(8, null),
  F8_E4M3FNUZ(8, null),
  F8_E5M2FNUZ(8, null),
  F6_E2M3(6, null),
  F6_E3M2(6, null),
  F4(4, null);

  private final int bits;
  private final @Nullable DType dtype;

  SafetensorsType(int bits, @Nullable DType dtype) {
    this.bits = bits;
    this.dtype = dtype;
  }

  /** The type of this name, or null. */
  static @Nullable SafetensorsType named(String name) {
    for (SafetensorsType type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return null;
  }

  /** The type that stores elements like these. */
  static SafetensorsType of(DType dtype) {
    for (SafetensorsType type : values()) {
      if (type.dtype == dtype) {
        return type;
      }
    }
    throw new AssertionError(dtype);
  }

  /** The type of tensors of these elements, or null if none are made of them. */
  @Nullable DType dtype() {
    return dtype;
  }

  /** The size of one element in bits. */
  int bits() {
    return bits;
  }
}
