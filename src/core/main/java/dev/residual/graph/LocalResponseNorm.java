package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Local response normalization across channels, of AlexNet (Krizhevsky et al., 2012, section 3.3):
 * {@code dst = src / (k + alpha / size * sum(src^2))^beta}. The sum is over {@code size} channels
 * around each, from {@code (size - 1) / 2} before it on.
 *
 * @param src the images, n c h w
 * @param dst the result, n c h w
 * @param size the number of channels summed
 * @param alpha the factor of the sum
 * @param beta the exponent
 * @param k the summand
 */
public record LocalResponseNorm(Value src, Value dst, int size, double alpha, double beta, double k)
    implements Op {

  /** Checks shapes and numbers. */
  public LocalResponseNorm {
    Check check = new Check("LocalResponseNorm");
    check.rank(src, 4);
    check.same(src, dst);
    check.that(size >= 1, "size is %d, it must be at least 1", size);
    check.that(
        Double.isFinite(alpha) && Double.isFinite(beta) && Double.isFinite(k),
        "alpha %s, beta %s and k %s must be finite",
        alpha,
        beta,
        k);
  }

  /** The first channel that the sum of a channel includes. */
  public int first(int channel) {
    return Math.max(channel - (size - 1) / 2, 0);
  }

  /** One past the last channel that the sum of a channel includes. */
  public int end(int channel) {
    return Math.min(channel + size / 2 + 1, src.shape().dim(1));
  }

  @Override
  public List<Value> inputs() {
    return List.of(src);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst);
  }

  @Override
  public LocalResponseNorm map(UnaryOperator<Value> values) {
    return new LocalResponseNorm(values.apply(src), values.apply(dst), size, alpha, beta, k);
  }
}
