package dev.residual.quantization;

import dev.residual.tensor.Tensor;
import java.util.Map;

/**
 * What a network computes inside, measured on some images, for its quantisation.
 *
 * <p>The products of a convolution are those of any two elements that its kernels are applied to at
 * once, summed over the images. They depend on the channels of both, c and d, and on how far d lies
 * below and right of c, counted in steps of the dilation: at least 1 - h and 1 - w with kernels of
 * the size h w, at most h - 1 and w - 1. Their shape is c d 2h-1 2w-1, where d counts the channels
 * of c's group. Strides are taken as 1, and images as surrounded by zeros, all products whose
 * elements lie in the image counting.
 *
 * @param scales what 1 is to stand for in the 8-bit integers of a value, by name
 * @param means the mean of each channel of a value, by name
 * @param products of what a convolution reads, by the name of its weights; convolutions without
 *     products have their weights rounded to the nearest
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
