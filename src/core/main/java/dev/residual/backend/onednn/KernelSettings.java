package dev.residual.backend.onednn;

import java.util.EnumSet;
import java.util.Set;

/**
 * What the steps of a session are made with.
 *
 * @param threads inside an operation
 * @param kernels whether Residual's own kernels are there
 * @param convolutions who may compute convolutions and their gradients; oneDNN does what nobody of
 *     these can
 * @param cache the bytes of the last cache, which {@link Chunks} keep to; 0 for none
 */
record KernelSettings(int threads, boolean kernels, Set<Algorithm> convolutions, long cache) {

  /** Settings for the cache of this machine. */
  KernelSettings(int threads, boolean kernels, Set<Algorithm> convolutions) {
    this(threads, kernels, convolutions, LastCache.bytes());
  }

  /** Settings that let measurements decide. */
  KernelSettings(int threads, boolean kernels) {
    this(threads, kernels, Algorithm.allowed());
  }

  /** These settings with one algorithm for the convolutions. */
  KernelSettings with(Algorithm choice) {
    return new KernelSettings(threads, kernels, Set.of(choice), cache);
  }

  /** Who computes a convolution, and how. */
  enum Algorithm {
    /** oneDNN, directly. */
    ONEDNN,
    /** Residual's own kernel, directly; weight gradients alone. */
    DIRECT,
    /** Residual's own kernel, by Winograd's minimal filtering; 3x3 with stride 1 alone. */
    WINOGRAD;

    /** All, but Winograd's where {@code -Dresidual.winograd=off} forbids it. */
    static Set<Algorithm> allowed() {
      Set<Algorithm> all = EnumSet.allOf(Algorithm.class);
      if ("off".equals(System.getProperty("residual.winograd"))) {
        all.remove(WINOGRAD);
      }
      return all;
    }
  }
}
