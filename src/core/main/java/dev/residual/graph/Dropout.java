package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Dropout (Srivastava et al. 2014): zeroes elements at random and scales the others by {@code 1 /
 * (1 - probability)}.
 *
 * <p>Element i (row-major) of a run is kept where {@link #keeps} says so for the run's random
 * state, so that all backends drop the same elements. The state is incremented by each run.
 *
 * <p>With a mask of one element for each first index, all that have it are kept or dropped
 * together: whole images, as stochastic depth (Huang et al. 2016) drops them.
 *
 * @param src the input, any shape
 * @param random the random state, one {@link DType#I64}: the caller writes a seed, runs change it
 * @param dst the result
 * @param mask 1 where an element was kept, else 0: of the shape of src, or as long as its first
 *     extent
 * @param probability of zeroing, in [0, 1)
 */
public record Dropout(Value src, Value random, Value dst, Value mask, double probability)
    implements Op {

  /** Checks the shapes. */
  public Dropout {
    Check check = new Check("Dropout");
    check.same(src, dst);
    checkMask(check, src, mask);
    check.shape(random, Shape.of(1), "one random state");
    check.type(random, DType.I64);
    check.range("probability", probability, 0, Math.nextDown(1.0));
  }

  /**
   * The dropout of a tensor.
   *
   * @param name of the result; the mask is {@code name.mask}, both of the shape of src
   * @param random one {@link DType#I64}
   */
  public static Dropout of(String name, Value src, Value random, double probability) {
    Value dst = Value.activation(name, src.shape(), src.dtype());
    Value mask = Value.activation(name + ".mask", src.shape(), DType.U8);
    return new Dropout(src, random, dst, mask, probability);
  }

  /**
   * The dropout of whole rows, as the images of a batch are.
   *
   * @param name of the result; the mask is {@code name.mask}, as long as the first extent of src
   * @param random one {@link DType#I64}
   */
  public static Dropout ofRows(String name, Value src, Value random, double probability) {
    new Check("Dropout").that(src.shape().rank() > 0, "%s has no rows", src);
    Value dst = Value.activation(name, src.shape(), src.dtype());
    Value mask = Value.activation(name + ".mask", Shape.of(src.shape().dim(0)), DType.U8);
    return new Dropout(src, random, dst, mask, probability);
  }

  /** Whether a mask says for whole rows whether they are kept. */
  static boolean isByRow(Value src, Value mask) {
    return mask.shape().rank() < src.shape().rank();
  }

  /** Whether rows are kept or dropped as a whole. */
  public boolean isByRow() {
    return isByRow(src, mask);
  }

  static void checkMask(Check check, Value src, Value mask) {
    if (isByRow(src, mask)) {
      check.shape(mask, Shape.of(src.shape().dim(0)), "one a row of " + src);
    } else {
      check.shape(mask, src.shape(), "that of " + src);
    }
    check.type(mask, DType.U8);
  }

  /** Whether the element at a row-major index is kept (counter-based, splitmix64 finaliser). */
  public static boolean keeps(long random, long index, double probability) {
    long z = random * 0xD1342543DE82EF95L + index * 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return (z >>> 11) * 0x1p-53 >= probability;
  }

  @Override
  public List<Value> inputs() {
    return List.of(src, random);
  }

  @Override
  public List<Value> outputs() {
    return List.of(dst, mask);
  }

  @Override
  public List<Value> updates() {
    return List.of(random);
  }

  @Override
  public Dropout map(UnaryOperator<Value> values) {
    return new Dropout(
        values.apply(src),
        values.apply(random),
        values.apply(dst),
        values.apply(mask),
        probability);
  }
}
