package dev.residual.graph;

import dev.residual.tensor.DType;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The scaling of 8-bit colours to floats, channel by channel: {@code (src / 255 - mean) / std}.
 *
 * <p>So images can be handed over as bytes, a quarter of the memory of floats. There is no gradient
 * with respect to bytes.
 *
 * @param src the images, n c h w, {@link DType#U8}
 * @param mean of each channel, of colours from 0 to 1
 * @param std the standard deviation of each channel, above 0
 * @param dst the result, n c h w, floating
 */
public record Normalize(Value src, List<Float> mean, List<Float> std, Value dst) implements Op {

  /** Checks shapes and ranges. */
  public Normalize {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    Check check = new Check("Normalize");
    check.rank(src, 4);
    check.type(src, DType.U8);
    check.shape(dst, src.shape(), "that of " + src);
    check.that(dst.dtype().isFloating(), "%s must be floating", dst);
    int channels = src.shape().dim(1);
    check.that(
        mean.size() == channels && std.size() == channels,
        "%d means and %d deviations given for the %d channels of %s",
        mean.size(),
        std.size(),
        channels,
        src);
    check.that(mean.stream().allMatch(Float::isFinite), "means %s must be finite", mean);
    check.that(
        std.stream().allMatch(x -> x > 0 && Float.isFinite(x)),
        "deviations %s must be above 0",
        std);
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
  public Normalize map(UnaryOperator<Value> values) {
    return new Normalize(values.apply(src), mean, std, values.apply(dst));
  }
}
