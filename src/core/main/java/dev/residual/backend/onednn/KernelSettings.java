package dev.residual.backend.onednn;

/**
 * What the steps of a session are made with.
 *
 * @param threads inside an operation
 * @param kernels whether Residual's own kernels are there
 * @param weightGradients who computes the weight gradients that both could
 * @param cache the bytes of the last cache, which {@link Chunks} keep to; 0 for none
 */
record KernelSettings(int threads, boolean kernels, WeightGradients weightGradients, long cache) {

  /** Settings for the cache of this machine. */
  KernelSettings(int threads, boolean kernels, WeightGradients weightGradients) {
    this(threads, kernels, weightGradients, LastCache.bytes());
  }

  /** Settings that let measurements decide. */
  KernelSettings(int threads, boolean kernels) {
    this(threads, kernels, WeightGradients.FASTEST);
  }

  /** These settings with somebody else for the weight gradients. */
  KernelSettings with(WeightGradients choice) {
    return new KernelSettings(threads, kernels, choice, cache);
  }

  /** Who computes weight gradients. */
  enum WeightGradients {
    /** Whoever was faster when it was measured on this machine. */
    FASTEST,
    /** Residual's own kernel. */
    KERNEL,
    /** oneDNN. */
    ONEDNN
  }
}
