package dev.residual.djl;

import ai.djl.ndarray.types.DataType;
import dev.residual.tensor.DType;

/** The types of elements, by the Deep Java Library's names and by ours. */
final class ElementTypes {
  private ElementTypes() {}

  /**
   * Our name of a type; truth values are bytes of 0 and 1.
   *
   * @throws IllegalArgumentException if arrays cannot have it
   */
  static DType of(DataType type) {
    return switch (type) {
      case FLOAT32 -> DType.F32;
      case FLOAT64 -> DType.F64;
      case FLOAT16 -> DType.F16;
      case BFLOAT16 -> DType.BF16;
      case INT64 -> DType.I64;
      case INT32 -> DType.I32;
      case INT8 -> DType.S8;
      case UINT8, BOOLEAN -> DType.U8;
      default ->
          throw new IllegalArgumentException(
              "Residual has no arrays of "
                  + type.name()
                  + ", but of floats, of signed integers of 8, 32 and 64 bits, UINT8 and BOOLEAN");
    };
  }

  static DataType of(DType type) {
    return switch (type) {
      case F32 -> DataType.FLOAT32;
      case F64 -> DataType.FLOAT64;
      case F16 -> DataType.FLOAT16;
      case BF16 -> DataType.BFLOAT16;
      case I64 -> DataType.INT64;
      case I32 -> DataType.INT32;
      case S8 -> DataType.INT8;
      case U8 -> DataType.UINT8;
    };
  }
}
