package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a {@link Conv2d} with respect to its weights and bias.
 *
 * <p>Shapes: src n i h w; diffDst n o oh ow; diffWeights o i/groups kh kw; diffBias o. Beside
 * images of BF16 or F16, both gradients are F32.
 *
 * @param src the images
 * @param diffDst the gradient of the result
 * @param diffWeights the gradient of the kernels
 * @param diffBias the gradient of the bias, or null
 * @param window kernel, strides, padding, dilation
 * @param groups the number of groups that channels are split into
 */
public record Conv2dBackwardWeights(
    Value src,
    Value diffDst,
    Value diffWeights,
    @Nullable Value diffBias,
    Window window,
    int groups)
    implements Op {

  /** Checks the shapes. */
  public Conv2dBackwardWeights {
    ConvShapes.check("Conv2dBackwardWeights", src, diffWeights, diffDst, window, groups);
    Check check = new Check("Conv2dBackwardWeights");
    check.vector(diffBias, diffDst.shape().dim(1), "one value an output channel");
    check.wideType(src, diffWeights, diffBias);
  }

  /** The number of multiply-adds of one run. */
  public long macs() {
    return ConvShapes.macs(diffWeights, diffDst);
  }

  @Override
  public List<Value> inputs() {
    return List.of(src, diffDst);
  }

  @Override
  public List<Value> outputs() {
    return Op.present(diffWeights, diffBias);
  }

  @Override
  public Conv2dBackwardWeights map(UnaryOperator<Value> values) {
    return new Conv2dBackwardWeights(
        values.apply(src),
        values.apply(diffDst),
        values.apply(diffWeights),
        Value.mapped(diffBias, values),
        window,
        groups);
  }
}
