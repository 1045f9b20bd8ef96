package dev.residual.quantization;

import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The rounding of kernels to 8-bit integers that changes the results of a convolution little.
 *
 * <p>With e the change of a kernel and H the sums of products of what it is applied to, its results
 * change by {@code e H e} in square. Elements are rounded one after the other, each to the nearest
 * of what makes up best for the errors before (Babai's nearest plane, which is GPTQ's algorithm;
 * Frantar et al. 2023, "GPTQ"; Chen et al. 2025, "The Geometry of LLM Quantization").
 */
final class KernelRounding {
  /** What is added to the diagonal, of its mean: images at hand are not all there are. */
  private static final double DAMPING = 0.01;

  /** Kernels that are rounded together. */
  private static final int TILE = 32;

  private final float[] kernels;
  private final float[] scales;
  private final int elements;
  private final Tensor integers;

  private KernelRounding(Tensor kernels, Tensor scales) {
    this.kernels = kernels.toFloats();
    this.scales = scales.toFloats();
    this.elements = this.kernels.length / this.scales.length;
    this.integers = Tensor.zeros(DType.S8, kernels.shape());
  }

  /** Each element to its nearest integer. */
  static Tensor nearest(Tensor kernels, Tensor scales) {
    KernelRounding rounding = new KernelRounding(kernels, scales);
    for (int i = 0; i < rounding.kernels.length; i++) {
      rounding.round(i / rounding.elements, i, rounding.kernels[i]);
    }
    return rounding.integers;
  }

  /**
   * Rounds with regard to what is multiplied.
   *
   * @param kernels o i h w, i of one group
   * @param scales what 1 stands for in the kernel of each output channel
   * @param products of the convolution, see {@link ActivationStatistics}
   * @param groups of the convolution
   */
  static Tensor of(Tensor kernels, Tensor scales, Tensor products, int groups) {
    KernelRounding rounding = new KernelRounding(kernels, scales);
    int perGroup = rounding.scales.length / groups;
    for (int g = 0; g < groups; g++) {
      float[] factor = rounding.factor(products, g);
      int first = g * perGroup;
      IntStream.range(0, Math.ceilDiv(perGroup, TILE))
          .parallel()
          .map(tile -> first + tile * TILE)
          .forEach(o -> rounding.round(factor, o, Math.min(TILE, first + perGroup - o)));
    }
    return rounding.integers;
  }

  /** The factor of H for the kernels of a group. */
  private float[] factor(Tensor products, int group) {
    int i = integers.shape().dim(1);
    int h = integers.shape().dim(2);
    int w = integers.shape().dim(3);
    int spanH = 2 * h - 1;
    int spanW = 2 * w - 1;
    float[] matrix = new float[elements * elements];
    double trace = 0;
    for (int row = 0; row < elements; row++) {
      int y = row / w % h;
      int x = row % w;
      for (int column = row; column < elements; column++) {
        long pair = ((long) group * i + row / (h * w)) * i + column / (h * w);
        int shiftH = column / w % h - y + h - 1;
        int shiftW = column % w - x + w - 1;
        matrix[row * elements + column] =
            (float) products.get((pair * spanH + shiftH) * spanW + shiftW);
      }
      trace += matrix[row * elements + row];
    }
    // Where nothing but zeros was seen all roundings are equal.
    float damping = trace > 0 ? (float) (DAMPING * trace / elements) : 1;
    for (int row = 0; row < elements; row++) {
      matrix[row * elements + row] += damping;
    }
    CholeskyFactor.overwrite(matrix, elements, damping);
    return matrix;
  }

  /** Rounds some kernels, from the last element to the first. */
  private void round(float[] factor, int first, int count) {
    float[] errors = new float[elements * TILE];
    float[] sums = new float[TILE];
    for (int e = elements - 1; e >= 0; e--) {
      Arrays.fill(sums, 0);
      for (int later = e + 1; later < elements; later++) {
        float weight = factor[e * elements + later];
        for (int o = 0; o < TILE; o++) {
          sums[o] += weight * errors[later * TILE + o];
        }
      }
      for (int o = 0; o < count; o++) {
        int at = (first + o) * elements + e;
        float wanted = kernels[at] + sums[o] / factor[e * elements + e];
        errors[e * TILE + o] = kernels[at] - round(first + o, at, wanted);
      }
    }
  }

  /** Sets an integer, and returns what it stands for. */
  private float round(int channel, int at, float wanted) {
    double integer =
        Math.clamp(
            Math.rint(wanted / scales[channel]),
            -QuantizedWeights.LARGEST,
            QuantizedWeights.LARGEST);
    integers.set(at, integer);
    return (float) integer * scales[channel];
  }
}
