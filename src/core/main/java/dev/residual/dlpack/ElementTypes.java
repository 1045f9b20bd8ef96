package dev.residual.dlpack;

import static dev.residual.bindings.dlpack.DlTensor.BFLOAT;
import static dev.residual.bindings.dlpack.DlTensor.FLOAT;
import static dev.residual.bindings.dlpack.DlTensor.INT;
import static dev.residual.bindings.dlpack.DlTensor.UINT;

import dev.residual.bindings.dlpack.DlTensor.DataType;
import dev.residual.tensor.DType;
import java.util.Arrays;

/** The element types, as DLPack writes them. */
final class ElementTypes {
  private ElementTypes() {}

  static DataType of(DType dtype) {
    int code =
        switch (dtype) {
          case F32, F64, F16 -> FLOAT;
          case BF16 -> BFLOAT;
          case I64, I32, S8 -> INT;
          case U8 -> UINT;
        };
    return new DataType(code, dtype.bytes() * Byte.SIZE, 1);
  }

  /**
   * The type that DLPack means.
   *
   * @throws IllegalArgumentException if there is none
   */
  static DType of(DataType type) {
    return Arrays.stream(DType.values())
        .filter(dtype -> of(dtype).equals(type))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "elements are of DLPack's type code %d, %d bits and %d lanes, expected one of %s"
                        .formatted(
                            type.code(),
                            type.bits(),
                            type.lanes(),
                            Arrays.toString(DType.values()))));
  }
}
