package dev.residual.cli;

import java.util.Locale;

/** The element type that a network computes in. */
enum Precision {
  F32,
  BF16,
  F16;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
