package dev.residual.inference;

import dev.residual.engine.CompileOptions;
import dev.residual.tensor.DType;

/**
 * Settings of a network that infers.
 *
 * @param batch the number of images of a run, at least 1
 * @param compilation such as the number of threads inside an operation
 * @param precision the element type of activations, {@link DType#F32}, {@link DType#BF16} or {@link
 *     DType#F16}; weights, images and logits stay {@link DType#F32}, and 8-bit integers what they
 *     are
 */
public record InferenceOptions(int batch, CompileOptions compilation, DType precision) {
  /** One image a run, as many threads as the container may use, {@link DType#F32}. */
  public static final InferenceOptions DEFAULT =
      new InferenceOptions(1, CompileOptions.DEFAULT, DType.F32);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if the batch is below 1, or the precision another type
   */
  public InferenceOptions {
    if (batch < 1) {
      throw new IllegalArgumentException("batch is " + batch + ", it must be at least 1");
    }
    if (precision != DType.F32 && !precision.isHalf()) {
      throw new IllegalArgumentException(
          "precision is " + precision + ", expected F32, BF16 or F16");
    }
  }

  /** These settings with another number of images of a run. */
  public InferenceOptions withBatch(int other) {
    return new InferenceOptions(other, compilation, precision);
  }

  /** These settings with another number of threads inside an operation. */
  public InferenceOptions withThreads(int threads) {
    return withCompilation(compilation.withThreads(threads));
  }

  /** These settings with others of the compilation. */
  public InferenceOptions withCompilation(CompileOptions other) {
    return new InferenceOptions(batch, other, precision);
  }

  /** These settings with another type of activations. */
  public InferenceOptions withPrecision(DType other) {
    return new InferenceOptions(batch, compilation, other);
  }
}
