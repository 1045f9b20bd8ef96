package dev.residual.quantization;

import dev.residual.tensor.Tensor;
import java.util.Map;

/**
 * Measurements of a network's activations on some images, for its quantisation.
 *
 * <p>The products of a convolution tell how the elements that its kernels read depend on each
 * other. A product is that of two elements of an image, summed over all positions and images. It
 * depends on the channels c and d of the two elements, and on the distance from the first to the
 * second, downwards and to the right, in steps of the dilation. Kernels of h by w have distances
 * from 1 - h to h - 1 and from 1 - w to w - 1. So the shape of the products is c d 2h-1 2w-1, where
 * d counts the channels of c's group. Strides are taken as 1. Elements outside the image count as
 * zeros.
 *
 * @param scales what 1 stands for in the 8-bit integers of a value, by name
 * @param means the mean of each channel of a value, by name
 * @param products of what a convolution reads, by the name of its weights; without products,
 *     weights are rounded to the nearest
 */
public record ActivationStatistics(
    Map<String, Double> scales, Map<String, Tensor> means, Map<String, Tensor> products) {

  /** Copies the maps. */
  public ActivationStatistics {
    scales = Map.copyOf(scales);
    means = Map.copyOf(means);
    products = Map.copyOf(products);
  }

  /** Statistics of scales alone. */
  public static ActivationStatistics of(Map<String, Double> scales) {
    return new ActivationStatistics(scales, Map.of(), Map.of());
  }
}
