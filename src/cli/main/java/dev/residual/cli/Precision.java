package dev.residual.cli;

import dev.residual.tensor.DType;
import java.util.Locale;

/** The element type that a network computes in. */
enum Precision {
  F32(DType.F32),
  BF16(DType.BF16),
  F16(DType.F16);

  private final DType dtype;

  Precision(DType dtype) {
    this.dtype = dtype;
  }

  DType dtype() {
    return dtype;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
