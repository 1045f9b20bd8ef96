package dev.residual.backend.onednn;

import dev.residual.Backends;
import dev.residual.graph.Cast;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;

/** The floating-point types that this processor computes in. */
final class FloatTypes {
  private FloatTypes() {}

  static List<DType> ofCpu() {
    Value f32 = Value.activation("f32", Shape.of(1));
    Value bf16 = Value.activation("bf16", Shape.of(1), DType.BF16);
    return Backends.cpu().supports(new Cast(f32, bf16))
        ? List.of(DType.F32, DType.BF16)
        : List.of(DType.F32);
  }
}
