package dev.residual.backend.onednn;

import dev.residual.tensor.DType;
import java.util.List;

/** The floating-point types that this processor computes in. */
final class FloatTypes {
  private FloatTypes() {}

  static List<DType> ofCpu() {
    return OneDnnRuntime.hasBf16() ? List.of(DType.F32, DType.BF16) : List.of(DType.F32);
  }
}
