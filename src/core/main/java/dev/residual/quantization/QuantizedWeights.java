package dev.residual.quantization;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.Quantization;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Weights;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a network whose convolutions compute with 8-bit integers, and the scales of what
 * passes between them.
 *
 * <p>Kernels are symmetric: with the largest magnitude m of an output channel, its scale is m /
 * 127, and no weight exceeds the range. Where the products of what a convolution reads are known,
 * its weights are rounded so that its results change little; otherwise they are rounded to the
 * nearest. Biases are corrected for the mean error that rounded kernels cause (Nagel et al. 2019,
 * "Data-free quantization through weight equalization and bias correction"). All other weights stay
 * as they are.
 *
 * @param weights of the quantised graph
 * @param scales what 1 stands for in the integers of a value, by name; unmodifiable
 */
public record QuantizedWeights(Weights weights, Map<String, Double> scales) {
  static final int LARGEST = 127;
  private static final String PREFIX = "activations.";

  /** Copies the map, its numbers rounded to F32 as files hold them. */
  public QuantizedWeights {
    Map<String, Double> rounded = new LinkedHashMap<>(scales);
    rounded.replaceAll((name, scale) -> (double) scale.floatValue());
    scales = Collections.unmodifiableMap(rounded);
  }

  /**
   * Quantises the weights of a network, which stay as they are.
   *
   * @param inference the graph, whose batch normalisations are folded and epilogues fused first
   * @param trained the weights of that graph
   * @param statistics of the {@linkplain Quantization#scaled scaled} values
   * @throws IllegalArgumentException if weights or statistics do not fit the graph
   */
  public static QuantizedWeights of(
      Graph inference, Weights trained, ActivationStatistics statistics) {
    BatchNormFolding.Folded folded = BatchNormFolding.fold(inference, trained).fused();
    Graph graph = folded.graph();
    Weights weights = folded.weights();
    Graph quantized = Quantization.quantize(graph, statistics.scales());
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Weights.values(quantized).stream()
        .filter(value -> weights.tensors().containsKey(value.name()))
        .forEach(value -> tensors.put(value.name(), weights.get(value.name())));
    for (Op op : quantized.ops()) {
      if (op instanceof QuantizedConv2d conv) {
        String name = conv.weights().name();
        put(conv, weights.get(name), statistics.products().get(name), tensors);
      }
    }
    Map<String, Long> uses =
        quantized.ops().stream()
            .flatMap(op -> op.inputs().stream())
            .collect(groupingBy(Value::name, counting()));
    for (Op op : graph.ops()) {
      if (op instanceof Conv2d conv
          && conv.bias() != null
          && tensors.get(conv.weights().name()) instanceof Tensor kernels
          && kernels.dtype() == DType.S8
          && Objects.equals(uses.get(conv.bias().name()), 1L)
          && statistics.means().get(conv.src().name()) instanceof Tensor means) {
        Tensor scales = requireNonNull(tensors.get(conv.weights().name() + Quantization.SCALE));
        tensors.put(conv.bias().name(), corrected(conv, weights, kernels, scales, means));
      }
    }
    return new QuantizedWeights(new Weights(tensors), statistics.scales());
  }

  /**
   * Quantises with one made-up scale for all values, to measure times alone: the results mean
   * nothing.
   *
   * @param inference the graph, as {@link #of} takes it
   * @param trained the weights of that graph
   */
  public static QuantizedWeights unmeasured(Graph inference, Weights trained) {
    BatchNormFolding.Folded folded = BatchNormFolding.fold(inference, trained).fused();
    Map<String, Double> scales = new LinkedHashMap<>();
    Quantization.scaled(folded.graph()).forEach(value -> scales.put(value.name(), 1.0 / 16));
    return of(folded.graph(), folded.weights(), ActivationStatistics.of(scales));
  }

  private static void put(
      QuantizedConv2d conv, Tensor source, @Nullable Tensor products, Map<String, Tensor> tensors) {
    Tensor scales = scales(source);
    Tensor kernels =
        products == null
            ? KernelRounding.nearest(source, scales)
            : KernelRounding.of(source, scales, products, conv.groups());
    tensors.put(conv.weights().name(), kernels);
    tensors.put(conv.weightsScale().name(), scales);
  }

  private static Tensor scales(Tensor kernels) {
    Tensor scales = Tensor.zeros(DType.F32, Shape.of(kernels.shape().dim(0)));
    int channels = kernels.shape().dim(0);
    long elements = kernels.shape().elements() / channels;
    for (int c = 0; c < channels; c++) {
      double largest = 0;
      for (long i = c * elements; i < (c + 1) * elements; i++) {
        largest = Math.max(largest, Math.abs(kernels.get(i)));
      }
      // A channel of zeros has any scale.
      scales.set(c, largest > 0 ? largest / LARGEST : 1);
    }
    return scales;
  }

  /** The bias that makes up for the mean of what the rounded kernels add; borders are ignored. */
  private static Tensor corrected(
      Conv2d conv, Weights weights, Tensor kernels, Tensor scales, Tensor means) {
    Tensor source = weights.get(conv.weights().name());
    Tensor bias = weights.get(requireNonNull(conv.bias()).name());
    Tensor corrected = Tensor.zeros(DType.F32, bias.shape());
    int outputs = source.shape().dim(0);
    int inputs = source.shape().dim(1);
    int elements = source.shape().dim(2) * source.shape().dim(3);
    for (int o = 0; o < outputs; o++) {
      int first = o / (outputs / conv.groups()) * inputs;
      double shift = 0;
      for (int i = 0; i < inputs * elements; i++) {
        long at = (long) o * inputs * elements + i;
        double error = kernels.get(at) * scales.get(o) - source.get(at);
        shift += error * means.get(first + i / elements);
      }
      corrected.set(o, bias.get(o) - shift);
    }
    return corrected;
  }

  /** Whether tensors are those that {@link #toFile} makes. */
  public static boolean isIn(Weights file) {
    return file.tensors().values().stream().anyMatch(tensor -> tensor.dtype() == DType.S8)
        && file.tensors().keySet().stream().anyMatch(name -> name.startsWith(PREFIX));
  }

  /** All in one: the weights, and each scale as a scalar {@code activations.NAME.scale}. */
  public Weights toFile() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(weights.tensors());
    scales.forEach(
        (name, scale) ->
            tensors.put(
                PREFIX + name + Quantization.SCALE, Tensor.of(Shape.SCALAR, scale.floatValue())));
    return new Weights(tensors);
  }

  /**
   * What {@link #toFile} made.
   *
   * @throws IllegalArgumentException if a scale is no scalar
   */
  public static QuantizedWeights ofFile(Weights file) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, Double> scales = new LinkedHashMap<>();
    file.tensors()
        .forEach(
            (name, tensor) -> {
              if (!name.startsWith(PREFIX)) {
                tensors.put(name, tensor);
              } else if (name.endsWith(Quantization.SCALE) && tensor.shape().elements() == 1) {
                int end = name.length() - Quantization.SCALE.length();
                scales.put(name.substring(PREFIX.length(), end), tensor.get(0));
              } else {
                throw new IllegalArgumentException(name + " " + tensor + " is no scale");
              }
            });
    return new QuantizedWeights(new Weights(tensors), scales);
  }

  /**
   * The quantised graph that these are the weights of.
   *
   * @param inference the graph, as {@link #of} takes it
   * @throws IllegalArgumentException if they do not fit
   */
  public Graph graph(Graph inference) {
    Graph fused = Fusion.fuse(BatchNormFolding.fold(inference), Conv2d.class::isInstance);
    Graph quantized = Quantization.quantize(fused, scales);
    weights.check(quantized);
    return quantized;
  }
}
