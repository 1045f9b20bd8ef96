package dev.residual.calibration;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Quantization;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.quantization.ActivationStatistics;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import dev.residual.train.BatchSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The measurement of activations that inference in 8-bit integers needs.
 *
 * <p>For each value that is to be quantised, magnitudes on some images are counted. The scale is
 * the one with the least sum of squared errors: it may cut off rare large magnitudes to make the
 * others more exact. The means of channels serve to correct biases. The products of what a
 * convolution reads serve to round its weights.
 */
public final class ActivationCalibration {
  private static final int UNSIGNED = 255;
  private static final int SIGNED = 127;

  private ActivationCalibration() {}

  /**
   * The statistics of the values that {@link Quantization#quantize} needs scales for.
   *
   * @param inference the model, whose batch normalisations are folded and epilogues fused first
   * @param trained the weights of the model
   * @param source of batches of the model's size, the first of whose first epoch are measured
   * @param batches the number of batches to measure at most
   * @throws IllegalArgumentException if the source has no batch, the weights do not fit, or results
   *     are not finite
   */
  public static ActivationStatistics measure(
      Backend backend,
      CompileOptions options,
      Model inference,
      Weights trained,
      BatchSource source,
      int batches) {
    BatchNormFolding.Folded folded = BatchNormFolding.fold(inference.graph(), trained).fused();
    Model model = inference.withGraph(folded.graph());
    List<Value> values = Quantization.scaled(model.graph());
    List<MagnitudeHistogram> histograms =
        values.stream().map(v -> new MagnitudeHistogram()).toList();
    List<ChannelSums> sums =
        values.stream().map(value -> new ChannelSums(value.shape().dim(1))).toList();
    InputProducts products = new InputProducts(model.graph());
    Set<Value> observed = new LinkedHashSet<>(products.values());
    values.stream().filter(value -> value.role() == Role.ACTIVATION).forEach(observed::add);
    Graph graph = new Graph(products.ops(), model.graph().outputs());
    Observation.run(
        backend,
        options,
        model.withGraph(graph),
        folded.weights(),
        observed,
        source,
        batches,
        (session, count) -> {
          for (int v = 0; v < values.size(); v++) {
            Tensor tensor = session.read(values.get(v));
            histograms.get(v).add(tensor, count);
            sums.get(v).add(tensor, count);
          }
          products.add(session);
        });
    Set<Value> notNegative = Quantization.notNegative(model.graph());
    Map<String, Double> scales = new LinkedHashMap<>();
    Map<String, Tensor> means = new LinkedHashMap<>();
    for (int v = 0; v < values.size(); v++) {
      Value value = values.get(v);
      int largest = notNegative.contains(value) ? UNSIGNED : SIGNED;
      scales.put(value.name(), histograms.get(v).scale(largest));
      double[] mean = new double[value.shape().dim(1)];
      Arrays.setAll(mean, sums.get(v)::mean);
      means.put(value.name(), Tensor.of(Shape.of(mean.length), mean));
    }
    return new ActivationStatistics(scales, means, products.byWeights());
  }
}
