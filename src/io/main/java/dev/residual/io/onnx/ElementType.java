package dev.residual.io.onnx;

import dev.residual.tensor.DType;
import java.io.IOException;
import java.util.Arrays;

/**
 * The element types of ONNX that are read.
 *
 * @see <a href="https://onnx.ai/onnx/repo-docs/IR.html">ONNX: tensor element types</a>
 */
enum ElementType {
  FLOAT(1, DType.F32, 4),
  UINT8(2, DType.U8, 1),
  INT8(3, DType.S8, 1),
  UINT16(4, DType.I32, 2),
  INT16(5, DType.I32, 2),
  INT32(6, DType.I32, 4),
  INT64(7, DType.I64, 8),
  BOOL(9, DType.U8, 1),
  FLOAT16(10, DType.F16, 2),
  DOUBLE(11, DType.F64, 8),
  UINT32(12, DType.I64, 4),
  UINT64(13, DType.I64, 8),
  BFLOAT16(16, DType.BF16, 2);

  private final int code;
  private final DType dtype;
  private final int bytes;

  ElementType(int code, DType dtype, int bytes) {
    this.code = code;
    this.dtype = dtype;
    this.bytes = bytes;
  }

  /**
   * The type of a number of the format.
   *
   * @throws IOException if it is not read
   */
  static ElementType of(int code) throws IOException {
    for (ElementType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new IOException("elements of type %d are not supported".formatted(code));
  }

  /** Whether the type of this number is read. */
  static boolean isRead(int code) {
    return Arrays.stream(values()).anyMatch(type -> type.code == code);
  }

  /** The type that tensors of this type are written in. */
  static ElementType of(DType dtype) {
    return switch (dtype) {
      case F32 -> FLOAT;
      case F64 -> DOUBLE;
      case BF16 -> BFLOAT16;
      case F16 -> FLOAT16;
      case I64 -> INT64;
      case I32 -> INT32;
      case S8 -> INT8;
      case U8 -> UINT8;
    };
  }

  /** The number of the format. */
  int code() {
    return code;
  }

  /** The type of tensors on the host that hold every such element. */
  DType dtype() {
    return dtype;
  }

  /** The bytes of an element in a file. */
  int bytes() {
    return bytes;
  }

  /** Whether tensors on the host have the bytes of the file. */
  boolean isHeldAsItIs() {
    return bytes == dtype.bytes() && this != UINT64;
  }
}
