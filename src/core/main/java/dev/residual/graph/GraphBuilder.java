package dev.residual.graph;

import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A builder of graphs that infers shapes and names results.
 *
 * <p>Each method that adds an operation returns its result, whose name is the given one. Floating
 * values are of the builder's type. Shape errors surface at the call that makes them, as {@link
 * IllegalArgumentException}. Not synchronised.
 */
public final class GraphBuilder {
  private final DType dtype;
  private final List<Op> ops = new ArrayList<>();

  /**
   * A builder whose floating values have this type.
   *
   * @throws IllegalArgumentException if the type is not floating, or is BF16 or F16: graphs of
   *     these types hold F32, too, and {@link dev.residual.graph.passes.MixedPrecision} makes them
   */
  public GraphBuilder(DType dtype) {
    new Check("GraphBuilder")
        .that(
            dtype.isFloating() && !dtype.isHalf(),
            "the type is %s, it must be floating; MixedPrecision turns a graph of F32 into one of"
                + " BF16 or F16",
            dtype);
    this.dtype = dtype;
  }

  /** A builder of {@link DType#F32} values. */
  public GraphBuilder() {
    this(DType.F32);
  }

  /** An input of the builder's type. */
  public Value input(String name, Shape shape) {
    return Value.input(name, shape, dtype);
  }

  /** A parameter of the builder's type. */
  public Value parameter(String name, Shape shape) {
    return Value.parameter(name, shape, dtype);
  }

  /** A state of the builder's type. */
  public Value state(String name, Shape shape) {
    return Value.state(name, shape, dtype);
  }

  /** Adds any operation. */
  public void add(Op op) {
    ops.add(op);
  }

  /**
   * Adds a convolution.
   *
   * @see Conv2d
   */
  public Value conv2d(
      String name, Value src, Value weights, @Nullable Value bias, Window window, int groups) {
    Conv2d conv = Conv2d.of(name, src, weights, window, groups);
    return first(bias == null ? conv : conv.withBias(bias));
  }

  /**
   * Adds batch normalisation with the statistics of the batch.
   *
   * @param scale one value a channel, as {@code shift} and the running statistics
   * @param momentum the part of the batch in the new running statistics
   * @see BatchNorm
   */
  public Value batchNorm(
      String name,
      Value src,
      Value scale,
      Value shift,
      Value runningMean,
      Value runningVariance,
      double epsilon,
      double momentum) {
    return first(
        BatchNorm.of(name, src, scale, shift, runningMean, runningVariance, epsilon, momentum));
  }

  /**
   * Adds batch normalisation with given statistics.
   *
   * @see BatchNormInference
   */
  public Value batchNormInference(
      String name,
      Value src,
      Value scale,
      Value shift,
      Value mean,
      Value variance,
      double epsilon) {
    return first(BatchNormInference.of(name, src, scale, shift, mean, variance, epsilon));
  }

  /**
   * Adds the scaling of 8-bit colours to floats.
   *
   * @param src images of {@link DType#U8}, n c h w
   * @param mean of each channel, of colours from 0 to 1
   * @param std the standard deviation of each channel
   */
  public Value normalize(String name, Value src, List<Float> mean, List<Float> std) {
    Value dst = activation(name, src.shape());
    ops.add(new Normalize(src, mean, std, dst));
    return dst;
  }

  /** Adds a rectified linear unit. */
  public Value relu(String name, Value src) {
    Value dst = activation(name, src.shape());
    ops.add(new Relu(src, dst));
    return dst;
  }

  /** Adds the sum of two tensors. */
  public Value add(String name, Value src0, Value src1) {
    Value dst = activation(name, src0.shape());
    ops.add(new Add(src0, src1, dst));
    return dst;
  }

  /**
   * Adds max pooling.
   *
   * @see MaxPool2d
   */
  public Value maxPool2d(String name, Value src, Window window) {
    return first(MaxPool2d.of(name, src, window));
  }

  /**
   * Adds average pooling.
   *
   * @see AvgPool2d
   */
  public Value avgPool2d(String name, Value src, Window window, boolean includePadding) {
    Value dst = activation(name, AvgPool2d.dstShape(src, window));
    ops.add(new AvgPool2d(src, dst, window, includePadding));
    return dst;
  }

  /** Adds global average pooling, n c 1 1. */
  public Value globalAvgPool(String name, Value src) {
    new Check("GlobalAvgPool").rank(src, 4);
    Value dst = activation(name, src.shape().with(2, 1).with(3, 1));
    ops.add(new GlobalAvgPool(src, dst));
    return dst;
  }

  /** Adds a change of shape. */
  public Value reshape(String name, Value src, Shape shape) {
    Value dst = activation(name, shape);
    ops.add(new Reshape(src, dst));
    return dst;
  }

  /** Adds a change of shape to n and all other elements. */
  public Value flatten(String name, Value src) {
    new Check("Reshape").that(src.shape().rank() > 0, "%s has no first extent to keep", src);
    int n = src.shape().dim(0);
    return reshape(name, src, Shape.of(n, Math.toIntExact(src.shape().elements() / n)));
  }

  /** Adds a concatenation along the channels. */
  public Value concat(String name, List<Value> srcs) {
    Check check = new Check("Concat");
    check.that(!srcs.isEmpty(), "no parts are given for %s", name);
    srcs.forEach(src -> check.rank(src, 4));
    int channels = srcs.stream().mapToInt(src -> src.shape().dim(1)).sum();
    Value dst = activation(name, srcs.getFirst().shape().with(1, channels));
    ops.add(new Concat(srcs, dst));
    return dst;
  }

  /**
   * Adds a fully connected layer.
   *
   * @see Linear
   */
  public Value linear(String name, Value src, Value weights, @Nullable Value bias) {
    Linear linear = Linear.of(name, src, weights);
    return first(bias == null ? linear : linear.withBias(bias));
  }

  /**
   * Adds dropout.
   *
   * @param random its state, one {@link DType#I64}: {@code Value.state(name, Shape.of(1),
   *     DType.I64)}
   * @see Dropout
   */
  public Value dropout(String name, Value src, Value random, double probability) {
    return first(Dropout.of(name, src, random, probability));
  }

  /**
   * Adds a parameter-free shortcut.
   *
   * @param channels of the result, as many as the source has or more
   * @see ZeroPadShortcut
   */
  public Value zeroPadShortcut(String name, Value src, int channels, int stride) {
    Value dst = activation(name, ZeroPadShortcut.dstShape(src, channels, stride));
    ops.add(new ZeroPadShortcut(src, dst, stride));
    return dst;
  }

  /**
   * Adds the mean softmax cross-entropy, a scalar.
   *
   * @param labels n numbers of classes: {@code Value.input(name, Shape.of(n), DType.I32)}
   * @see SoftmaxCrossEntropy
   */
  public Value softmaxCrossEntropy(String name, Value logits, Value labels, double smoothing) {
    return first(SoftmaxCrossEntropy.of(name, logits, labels, smoothing));
  }

  /**
   * Adds the numbers of rows whose label is among the first k classes.
   *
   * @param labels n numbers of classes: {@code Value.input(name, Shape.of(n), DType.I32)}
   * @see TopK
   */
  public Value topK(String name, Value logits, Value labels, int... ks) {
    return first(TopK.of(name, logits, labels, null, ks));
  }

  /** The graph of the operations added so far, with these readable outputs. */
  public Graph build(Value... outputs) {
    return new Graph(ops, List.of(outputs));
  }

  /** Adds an operation, and returns its first result. */
  private Value first(Op op) {
    ops.add(op);
    return op.outputs().getFirst();
  }

  private Value activation(String name, Shape shape) {
    return Value.activation(name, shape, dtype);
  }
}
