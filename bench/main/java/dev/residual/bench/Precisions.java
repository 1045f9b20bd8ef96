package dev.residual.bench;

import dev.residual.tensor.DType;

/** The precisions that parameters name. */
final class Precisions {
  private Precisions() {}

  static DType of(String name) {
    return switch (name) {
      case "f32" -> DType.F32;
      case "bf16" -> DType.BF16;
      default -> throw new IllegalArgumentException(name + " is no precision: f32 or bf16");
    };
  }
}
