package dev.residual.nn;

import static java.util.Objects.requireNonNull;

import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.Linear;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The rule that draws first weights for a graph, the same for the same seed.
 *
 * <p>Convolution weights are normal with variance {@code 2 / fan}, but for {@link Fan#IN_UNIFORM}
 * ("Delving Deep into Rectifiers", He et al. 2015, section 2.2). Scales and running variances are
 * one, shifts, running means and convolution biases zero. Linear biases are uniform in {@code
 * ±1/sqrt(inputs)}, PyTorch's default. So are linear weights, but where the fan is {@link Fan#IN}
 * they are drawn like weights of convolutions. Each tensor depends on the seed, its name and its
 * shape, not on the rest of the graph.
 *
 * @param fan what the variance is measured by
 * @param seed of the random numbers
 * @param zeroLastScale whether the last scale of each block starts at zero, so that blocks start as
 *     the identity ("Accurate, Large Minibatch SGD", Goyal et al. 2017, section 5.1): that of a
 *     batch normalisation whose result is the first summand of an {@link Add}
 * @param dirac whether the first kernels of a convolution, as many as it has input channels, are
 *     the identity, and only the others drawn: where it has no groups, and an odd kernel larger
 *     than 1x1 ("DiracNets", Zagoruyko and Komodakis 2017)
 */
public record Initializer(Fan fan, long seed, boolean zeroLastScale, boolean dirac) {

  /** The number of connections that a variance is divided by. */
  public enum Fan {
    /** Those into an output: input channels of a group times kernel elements. */
    IN,
    /** Those out of an input, as PyTorch counts them: output channels times kernel elements. */
    OUT,
    /** Those into an output, but uniform in {@code ±1/sqrt(fan)}: what PyTorch draws by itself. */
    IN_UNIFORM
  }

  /** A rule without zero scales. */
  public Initializer(Fan fan, long seed) {
    this(fan, seed, false);
  }

  /** A rule without identities. */
  public Initializer(Fan fan, long seed, boolean zeroLastScale) {
    this(fan, seed, zeroLastScale, false);
  }

  /** This rule with identities among the kernels. */
  public Initializer withDirac() {
    return new Initializer(fan, seed, zeroLastScale, true);
  }

  /**
   * First weights for a graph, of the types of its values.
   *
   * @throws IllegalArgumentException if a parameter belongs to no convolution, batch normalisation
   *     or linear layer
   */
  public Weights weights(Graph graph) {
    Map<String, Tensor> drawn = new HashMap<>();
    Set<Value> summands = firstSummands(graph);
    for (Op op : graph.ops()) {
      switch (op) {
        case Conv2d conv -> {
          put(drawn, conv.weights(), convolution(conv.weights()));
          if (dirac && isCentred(conv)) {
            setIdentities(requireNonNull(drawn.get(conv.weights().name())));
          }
          put(drawn, conv.bias(), () -> 0);
        }
        case Linear linear -> {
          double bound = 1 / Math.sqrt(linear.weights().shape().dim(1));
          Value weights = linear.weights();
          put(drawn, weights, fan == Fan.IN ? convolution(weights) : uniform(weights, bound));
          if (linear.bias() != null) {
            put(drawn, linear.bias(), uniform(linear.bias(), bound));
          }
        }
        case BatchNorm n -> {
          boolean zero = zeroLastScale && summands.contains(n.dst());
          norm(drawn, n.scale(), n.shift(), n.runningMean(), n.runningVariance(), zero);
        }
        case BatchNormInference n -> {
          boolean zero = zeroLastScale && summands.contains(n.dst());
          norm(drawn, n.scale(), n.shift(), n.mean(), n.variance(), zero);
        }
        default -> {}
      }
    }
    Map<String, Tensor> ordered = new LinkedHashMap<>();
    for (Value value : Weights.values(graph)) {
      Tensor tensor = drawn.get(value.name());
      if (tensor == null) {
        throw new IllegalArgumentException(
            value + " belongs to no convolution, batch normalisation or linear layer");
      }
      ordered.put(value.name(), tensor);
    }
    return new Weights(ordered);
  }

  private static Set<Value> firstSummands(Graph graph) {
    Set<Value> summands = new HashSet<>();
    for (Op op : graph.ops()) {
      if (op instanceof Add add) {
        summands.add(add.src0());
      }
    }
    return summands;
  }

  private static void norm(
      Map<String, Tensor> drawn,
      Value scale,
      Value shift,
      Value mean,
      Value variance,
      boolean zero) {
    put(drawn, scale, () -> zero ? 0 : 1);
    put(drawn, shift, () -> 0);
    put(drawn, mean, () -> 0);
    put(drawn, variance, () -> 1);
  }

  private static void put(
      Map<String, Tensor> drawn, @Nullable Value value, DoubleSupplier elements) {
    if (value == null) {
      return;
    }
    Tensor tensor = Tensor.zeros(value.dtype(), value.shape());
    long n = value.shape().elements();
    for (long i = 0; i < n; i++) {
      tensor.set(i, elements.getAsDouble());
    }
    drawn.put(value.name(), tensor);
  }

  private static boolean isCentred(Conv2d conv) {
    int height = conv.window().kernelH();
    int width = conv.window().kernelW();
    return conv.groups() == 1 && height % 2 == 1 && width % 2 == 1 && height * width > 1;
  }

  private static void setIdentities(Tensor kernels) {
    Shape shape = kernels.shape();
    int in = shape.dim(1);
    int kernel = shape.dim(2) * shape.dim(3);
    for (int o = 0; o < Math.min(in, shape.dim(0)); o++) {
      for (int i = 0; i < in * kernel; i++) {
        kernels.set((long) o * in * kernel + i, i == o * kernel + kernel / 2 ? 1 : 0);
      }
    }
  }

  private DoubleSupplier convolution(Value weights) {
    int[] dims = weights.shape().dims();
    long kernel = Arrays.stream(dims, 2, dims.length).asLongStream().reduce(1, (a, b) -> a * b);
    if (fan == Fan.IN_UNIFORM) {
      return uniform(weights, 1 / Math.sqrt(kernel * dims[1]));
    }
    double deviation = Math.sqrt(2.0 / (kernel * dims[fan == Fan.IN ? 1 : 0]));
    RandomGenerator random = random(weights);
    return () -> deviation * random.nextGaussian();
  }

  private DoubleSupplier uniform(Value value, double bound) {
    RandomGenerator random = random(value);
    return () -> bound * (2 * random.nextDouble() - 1);
  }

  /**
   * Seeded by the hash FNV-1a of the name, since {@link String#hashCode} has 32 bits only.
   *
   * <p>The generator's state moves by a constant step: seeds that differ by multiples of it would
   * draw the same numbers one place apart, hence the mixing (SplitMix64's).
   */
  private RandomGenerator random(Value value) {
    long hash = 0xCBF29CE484222325L;
    for (byte b : value.name().getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    long mixed = hash ^ mix(seed + 0x9E3779B97F4A7C15L);
    return new SplittableRandom(mix(mixed));
  }

  private static long mix(long z) {
    long a = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ a >>> 27) * 0x94D049BB133111EBL;
    return b ^ b >>> 31;
  }
}
