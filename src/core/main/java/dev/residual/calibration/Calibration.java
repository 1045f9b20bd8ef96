package dev.residual.calibration;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import dev.residual.train.BatchSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The measurement of batch norms' statistics, for weights that lack them.
 *
 * <p>Some published weights have running means of 0 and variances of 1, because their statistics
 * were moved into scales and shifts. Such a network cannot be trained further: with the statistics
 * of a batch it would compute something else. Let m and v be the mean and variance of a channel
 * over some images, and {@code f = scale / sqrt(variance + epsilon)} with the old variance. Then
 * the scale becomes {@code f sqrt(v + epsilon)}, and the shift {@code shift + f (m - mean)}. The
 * network computes what it did.
 */
public final class Calibration {
  private Calibration() {}

  /** Whether all batch normalisations of a model have means of 0 and variances of 1. */
  public static boolean isNeeded(Model model, Weights weights) {
    List<BatchNormInference> norms = norms(model);
    return !norms.isEmpty()
        && norms.stream()
            .allMatch(
                norm ->
                    isFilled(weights.get(norm.mean().name()), 0)
                        && isFilled(weights.get(norm.variance().name()), 1));
  }

  /**
   * Weights of the same function whose statistics are those of some images.
   *
   * @param model in inference mode
   * @param weights of the model, which stay as they are
   * @param source of batches of the model's size, the first of whose first epoch are measured
   * @param batches the number of batches to measure at most
   * @throws IllegalArgumentException if the source has no batch, or the weights do not fit
   */
  public static Weights measure(
      Backend backend,
      CompileOptions options,
      Model model,
      Weights weights,
      BatchSource source,
      int batches) {
    List<BatchNormInference> norms = norms(model);
    List<ChannelSums> sums =
        norms.stream().map(norm -> new ChannelSums(norm.src().shape().dim(1))).toList();
    Observation.run(
        backend,
        options,
        model,
        weights,
        norms.stream().map(BatchNormInference::src).toList(),
        source,
        batches,
        (session, count) -> {
          for (int n = 0; n < sums.size(); n++) {
            sums.get(n).add(session.read(norms.get(n).src()), count);
          }
        });
    Map<String, Tensor> tensors = new LinkedHashMap<>(weights.tensors());
    for (int n = 0; n < sums.size(); n++) {
      apply(norms.get(n), sums.get(n), tensors);
    }
    return new Weights(tensors);
  }

  private static void apply(
      BatchNormInference norm, ChannelSums sums, Map<String, Tensor> tensors) {
    Weights old = new Weights(tensors);
    Tensor scale = copy(old, norm.scale());
    Tensor shift = copy(old, norm.shift());
    Tensor mean = copy(old, norm.mean());
    Tensor variance = copy(old, norm.variance());
    for (int c = 0; c < norm.src().shape().dim(1); c++) {
      double factor = scale.get(c) / Math.sqrt(variance.get(c) + norm.epsilon());
      scale.set(c, factor * Math.sqrt(sums.variance(c) + norm.epsilon()));
      shift.set(c, shift.get(c) + factor * (sums.mean(c) - mean.get(c)));
      mean.set(c, sums.mean(c));
      variance.set(c, sums.variance(c));
    }
    tensors.put(norm.scale().name(), scale);
    tensors.put(norm.shift().name(), shift);
    tensors.put(norm.mean().name(), mean);
    tensors.put(norm.variance().name(), variance);
  }

  /** A tensor of the value's type, so that what is set is not rounded to half precision. */
  private static Tensor copy(Weights weights, Value value) {
    Tensor copy = Tensor.zeros(value.dtype(), value.shape());
    copy.data().copyFrom(weights.get(value.name()).to(value.dtype()).data());
    return copy;
  }

  private static boolean isFilled(Tensor tensor, double number) {
    for (long i = 0; i < tensor.shape().elements(); i++) {
      if (tensor.get(i) != number) {
        return false;
      }
    }
    return true;
  }

  private static List<BatchNormInference> norms(Model model) {
    List<BatchNormInference> norms = new ArrayList<>();
    for (Op op : model.graph().ops()) {
      if (op instanceof BatchNormInference norm) {
        norms.add(norm);
      }
    }
    return norms;
  }
}
