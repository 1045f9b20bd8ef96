package dev.residual.nn;

import dev.residual.tensor.Tensor;
import java.util.Map;

/**
 * What a network computes inside, measured on some images, for its quantisation.
 *
 * @param scales what 1 is to stand for in the 8-bit integers of a value, by name
 * @param means the mean of each channel of a value, by name
 */
public record ActivationStatistics(Map<String, Double> scales, Map<String, Tensor> means) {

  /** Copies the maps. */
  public ActivationStatistics {
    scales = Map.copyOf(scales);
    means = Map.copyOf(means);
  }
}
