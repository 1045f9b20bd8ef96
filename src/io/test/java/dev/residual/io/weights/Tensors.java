package dev.residual.io.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.tensor.Tensor;

/** Comparison of tensors. */
public final class Tensors {
  private Tensors() {}

  /** Type, shape and every bit are equal. */
  public static void assertSame(Tensor actual, Tensor expected) {
    assertThat(actual.dtype()).isEqualTo(expected.dtype());
    assertThat(actual.shape()).isEqualTo(expected.shape());
    assertThat(actual.data().mismatch(expected.data())).isEqualTo(-1);
  }
}
