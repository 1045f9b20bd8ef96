package dev.residual.backend.onednn;

import dev.residual.engine.CompileOptions;
import dev.residual.engine.ConvolutionAlgorithm;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the steps of a session are made with.
 *
 * @param threads inside an operation
 * @param kernels whether Residual's own kernels are there
 * @param convolutions the algorithms that convolutions and their gradients may use; oneDNN is used
 *     if none applies
 * @param measures true: the fastest of these is taken; false: the first that applies
 * @param cache the bytes of the last cache, which {@link Chunks} keep to; 0 for none
 * @param repacks whether weights are packed in each run, though nothing in the graph changes them
 * @param safeguards against implementations that compute wrongly
 */
record KernelSettings(
    int threads,
    boolean kernels,
    Set<Algorithm> convolutions,
    boolean measures,
    long cache,
    boolean repacks,
    Safeguards safeguards) {

  /** Settings for graphs as they are. */
  KernelSettings(int threads, boolean kernels, Set<Algorithm> convolutions, long cache) {
    this(
        threads,
        kernels,
        convolutions,
        CompileOptions.DEFAULT.isMeasured(),
        cache,
        false,
        Safeguards.ALL);
  }

  /** Settings for the cache of this machine. */
  KernelSettings(int threads, boolean kernels, Set<Algorithm> convolutions) {
    this(threads, kernels, convolutions, LastCache.bytes());
  }

  /** Settings that let measurements decide. */
  KernelSettings(int threads, boolean kernels) {
    this(threads, kernels, Algorithm.allowed());
  }

  /** Settings as a caller asked for them. */
  KernelSettings(int threads, boolean kernels, CompileOptions options) {
    this(
        threads,
        kernels,
        Algorithm.of(options.convolutions()),
        options.isMeasured(),
        LastCache.bytes(),
        false,
        Safeguards.ALL);
  }

  /** These settings to measure one algorithm for the convolutions with. */
  KernelSettings with(Algorithm choice, boolean repacking) {
    return new KernelSettings(
        threads, kernels, Set.of(choice), measures, cache, repacking, safeguards);
  }

  /** These settings with other safeguards. */
  KernelSettings with(Safeguards other) {
    return new KernelSettings(threads, kernels, convolutions, measures, cache, repacks, other);
  }

  /** These settings to look at the results of one algorithm. */
  KernelSettings trial(Algorithm choice, int passed) {
    return new KernelSettings(
        threads, kernels, Set.of(choice), measures, 0, false, safeguards.trial(passed));
  }

  /** Who computes a convolution, and how. */
  enum Algorithm {
    /** oneDNN, directly. */
    ONEDNN,
    /** Residual's own kernel, directly. */
    DIRECT,
    /** Residual's own kernel, by Winograd's minimal filtering; 3x3 with stride 1 alone. */
    WINOGRAD,
    /** The same with smaller tiles and factors in bf16; images in bf16 alone. */
    WINOGRAD_BF16;

    /** The system property that lists the algorithms to choose from; all where it is not set. */
    private static final String PROPERTY = "residual.convolutions";

    /**
     * Those that may be chosen, as {@code -Dresidual.convolutions=onednn,direct} says.
     *
     * @throws IllegalArgumentException if the property names none of these
     */
    static Set<Algorithm> allowed() {
      String property = System.getProperty(PROPERTY);
      return property == null
          ? EnumSet.allOf(Algorithm.class)
          : Arrays.stream(property.split(",")).map(Algorithm::named).collect(Collectors.toSet());
    }

    /** Those that a caller named; those that may be chosen at all, if there are none. */
    static Set<Algorithm> of(Set<ConvolutionAlgorithm> named) {
      return named.isEmpty()
          ? allowed()
          : named.stream().map(Algorithm::of).collect(Collectors.toSet());
    }

    private static Algorithm of(ConvolutionAlgorithm algorithm) {
      return switch (algorithm) {
        case LIBRARY -> ONEDNN;
        case DIRECT -> DIRECT;
        case WINOGRAD -> WINOGRAD;
        case WINOGRAD_BF16 -> WINOGRAD_BF16;
      };
    }

    private static Algorithm named(String name) {
      return Arrays.stream(values())
          .filter(algorithm -> algorithm.name().equalsIgnoreCase(name.strip()))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "-D%s lists onednn, direct, winograd and winograd_bf16, not %s"
                          .formatted(PROPERTY, name)));
    }
  }
}
