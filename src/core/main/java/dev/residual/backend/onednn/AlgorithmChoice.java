package dev.residual.backend.onednn;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.graph.Cost;
import dev.residual.graph.Op;
import java.util.List;
import java.util.stream.Stream;

/** The choice of an algorithm for a convolution: what settings allow, and is fastest here. */
final class AlgorithmChoice {
  /** Floating-point operations below which any takes microseconds. */
  private static final double WORTH_MEASURING = 1e7;

  private AlgorithmChoice() {}

  /**
   * The fastest algorithm of those that compute rightly.
   *
   * @param op a convolution or a gradient of one
   * @param repacks whether its weights are packed before each use, which takes time, too
   * @param order those that can do it, the one to take without a measurement first
   */
  static Algorithm fastest(OneDnnLowering lowering, Op op, boolean repacks, List<Algorithm> order) {
    KernelSettings settings = lowering.settings();
    Stream<Algorithm> right =
        order.stream()
            .filter(settings.convolutions()::contains)
            .filter(algorithm -> isRight(lowering, op, algorithm));
    if (!settings.measures()
        || Cost.of(op).flops() < WORTH_MEASURING
        || KernelTrials.bytes(op) > KernelTrials.TOO_LARGE) {
      return right.findFirst().orElse(Algorithm.ONEDNN);
    }
    List<Algorithm> allowed = right.toList();
    if (allowed.size() < 2) {
      return allowed.isEmpty() ? Algorithm.ONEDNN : allowed.getFirst();
    }
    return Algorithm.valueOf(
        Choices.measurements()
            .fastest(
                // A choice among fewer algorithms is another choice.
                "%s, %d threads of %s%s"
                    .formatted(
                        Convolved.of(op).describe(),
                        settings.threads(),
                        allowed,
                        repacks ? " with packing" : ""),
                allowed.stream().map(Enum::name).toList(),
                name ->
                    OneDnnTarget.compile(
                        LoneConvolution.of(op, false),
                        settings.with(Algorithm.valueOf(name), repacks))));
  }

  /** Whether an algorithm may be used; of oneDNN's implementations the right one is taken later. */
  private static boolean isRight(OneDnnLowering lowering, Op op, Algorithm algorithm) {
    if (algorithm != Algorithm.ONEDNN) {
      return KernelTrials.holds(lowering, op, algorithm);
    }
    Convolved convolved = Convolved.of(op);
    return !lowering.settings().safeguards().avoids()
        || !KnownFaults.leavePlainLoops(convolved, convolved.simplestWindow());
  }
}
