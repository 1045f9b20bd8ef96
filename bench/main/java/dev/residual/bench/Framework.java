package dev.residual.bench;

/**
 * A program that runs networks and convolutions: Residual, or a peer.
 *
 * <p>What a program cannot do it answers with an {@link UnsupportedOperationException} that says
 * why.
 */
public interface Framework {

  /** What is measured, in words: the program, its version, and how it is set. */
  String description();

  /** A training step on data in memory: forward, loss, backward, and SGD with momentum. */
  default Job training(NetworkTask task) {
    throw new UnsupportedOperationException("no training through " + description());
  }

  /** The logits of a batch in memory. */
  default Job inference(NetworkTask task) {
    throw new UnsupportedOperationException("no network inference through " + description());
  }

  /** One convolution, or one of its gradients. */
  default Job convolution(ConvolutionTask task) {
    throw new UnsupportedOperationException("no single convolutions through " + description());
  }
}
