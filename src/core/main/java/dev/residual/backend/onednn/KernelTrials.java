package dev.residual.backend.onednn;

import dev.residual.backend.onednn.KernelSettings.Algorithm;
import dev.residual.bindings.NativeException;
import dev.residual.graph.Cost;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import java.lang.System.Logger;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Which implementations compute convolutions and linear layers rightly: each is tried once for each
 * shape before it is used. One that is wrong is remembered in the file of choices.
 */
final class KernelTrials {
  /** Bytes of images beyond which a trial takes memory that the session itself may need. */
  static final long TOO_LARGE = 1L << 29;

  /** Floating-point operations below which a trial is sooner repeated than read from a file. */
  static final double WORTH_KEEPING = 1e7;

  /** What rounding the factors of Winograd's products to bf16 loses of a sum's usual size. */
  private static final double BF16_FACTORS = 0x1p-4;

  /** What polynomials lose that are not exact on integers. */
  private static final double TRANSFORMED = 0x1p-14;

  /** What the log has named. */
  private static final Set<String> NAMED = ConcurrentHashMap.newKeySet();

  private KernelTrials() {}

  /** Whether one of the algorithms of our own is right. */
  static boolean holds(OneDnnLowering lowering, Op op, Algorithm algorithm) {
    return holds(lowering, Convolved.of(op), algorithm, 0, algorithm.name());
  }

  /**
   * Whether an implementation is right, as far as a trial shows.
   *
   * @param passed how many implementations of oneDNN come before it
   * @param implementation its name
   */
  static boolean holds(
      OneDnnLowering lowering,
      Convolved convolved,
      Algorithm algorithm,
      int passed,
      String implementation) {
    Op op = convolved.op();
    if (!lowering.settings().safeguards().checks() || bytes(op) > TOO_LARGE) {
      return true;
    }
    boolean inPlace = lowering.inPlaceSums().containsKey(op.outputs().getFirst());
    String trial =
        "%s, %d threads%s%s: %s"
            .formatted(
                convolved.describe(),
                lowering.settings().threads(),
                inPlace ? ", in place" : "",
                lowering.settings().safeguards().simplifies() ? "" : ", window as it is",
                implementation);
    KernelSettings settings = lowering.settings().trial(algorithm, passed);
    ConvolutionTrial run = new ConvolutionTrial(convolved, inPlace, rounding(algorithm));
    boolean isRight;
    try {
      isRight =
          Choices.tuning()
              .isRight(trial, Cost.of(op).flops() >= WORTH_KEEPING, () -> run.holds(settings));
    } catch (NativeException e) {
      // There is not the memory to try it.
      return true;
    }
    if (!isRight && NAMED.add(trial)) {
      System.getLogger("dev.residual")
          .log(Logger.Level.WARNING, "computes wrongly, and is not used: " + trial);
    }
    return isRight;
  }

  /** The bytes of all that an operation reads and writes. */
  static long bytes(Op op) {
    return Stream.concat(op.inputs().stream(), op.outputs().stream()).mapToLong(Value::bytes).sum();
  }

  /** By how much an algorithm rounds factors, relative to the usual size of sums. */
  static double rounding(Algorithm algorithm) {
    return switch (algorithm) {
      case ONEDNN, DIRECT -> 0;
      case WINOGRAD -> TRANSFORMED;
      case WINOGRAD_BF16 -> BF16_FACTORS;
    };
  }
}
