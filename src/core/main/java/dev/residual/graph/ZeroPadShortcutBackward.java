package dev.residual.graph;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The gradient of a {@link ZeroPadShortcut}.
 *
 * @param diffDst the gradient of the result
 * @param diffSrc the gradient of the input
 * @param stride the distance of the positions taken
 */
public record ZeroPadShortcutBackward(Value diffDst, Value diffSrc, int stride) implements Op {

  /** Checks the shapes. */
  public ZeroPadShortcutBackward {
    ZeroPadShortcut.check("ZeroPadShortcutBackward", diffSrc, diffDst, stride);
  }

  /** The number of zero channels before the copied ones. */
  public int offset() {
    return (diffDst.shape().dim(1) - diffSrc.shape().dim(1)) / 2;
  }

  @Override
  public List<Value> inputs() {
    return List.of(diffDst);
  }

  @Override
  public List<Value> outputs() {
    return List.of(diffSrc);
  }

  @Override
  public ZeroPadShortcutBackward map(UnaryOperator<Value> values) {
    return new ZeroPadShortcutBackward(values.apply(diffDst), values.apply(diffSrc), stride);
  }
}
