package dev.residual.graph.passes;

import org.jspecify.annotations.Nullable;

/** The requirements of a pass; what does not meet them is refused in the pass's name. */
record PassCheck(String pass) {
  void that(boolean condition, String expectation, @Nullable Object... given) {
    if (!condition) {
      throw new IllegalArgumentException(pass + ": " + expectation.formatted(given));
    }
  }
}
