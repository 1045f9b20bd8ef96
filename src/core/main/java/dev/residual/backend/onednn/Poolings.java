package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.Layout;
import org.jspecify.annotations.Nullable;

/**
 * The lowering of poolings and their gradients: to Residual's own kernels, or to plain loops.
 *
 * <p>oneDNN's are no faster, lose NaN, round gradients of BF16 at each addition, and refuse windows
 * that reach far beyond the image.
 */
final class Poolings {
  private Poolings() {}

  /**
   * A pooling or its gradient, as kernels see it.
   *
   * @param image what windows slide over, or its gradient
   * @param pooled what they give, or its gradient
   * @param workspace where the largest elements were, or null
   * @param isMax whether the largest element is taken, and not the mean
   * @param includePadding whether padding counts as zeros in means
   * @param backward whether the gradient of the image is computed
   */
  record Pooling(
      Value image,
      Value pooled,
      @Nullable Value workspace,
      Window window,
      boolean isMax,
      boolean includePadding,
      boolean backward) {

    Value result() {
      return backward ? image : pooled;
    }
  }

  static void lower(OneDnnLowering lowering, MaxPool2d op) {
    lower(
        lowering, new Pooling(op.src(), op.dst(), op.workspace(), op.window(), true, false, false));
  }

  static void lower(OneDnnLowering lowering, MaxPool2dBackward op) {
    lower(
        lowering,
        new Pooling(op.diffSrc(), op.diffDst(), op.workspace(), op.window(), true, false, true));
  }

  static void lower(OneDnnLowering lowering, AvgPool2d op) {
    lower(
        lowering,
        new Pooling(op.src(), op.dst(), null, op.window(), false, op.includePadding(), false));
  }

  static void lower(OneDnnLowering lowering, AvgPool2dBackward op) {
    lower(
        lowering,
        new Pooling(
            op.diffSrc(), op.diffDst(), null, op.window(), false, op.includePadding(), true));
  }

  static void lower(OneDnnLowering lowering, GlobalAvgPool op) {
    lower(lowering, new Pooling(op.src(), op.dst(), null, whole(op.src()), false, false, false));
  }

  static void lower(OneDnnLowering lowering, GlobalAvgPoolBackward op) {
    Window window = whole(op.diffSrc());
    lower(lowering, new Pooling(op.diffSrc(), op.diffDst(), null, window, false, false, true));
  }

  private static Window whole(Value src) {
    return new Window(src.shape().dim(2), src.shape().dim(3), 1, 1, 0, 0, 0, 0, 1, 1);
  }

  /** The result is computed channels last; where it is to lie otherwise, it is copied. */
  private static void lower(OneDnnLowering lowering, Pooling op) {
    Value result = op.result();
    boolean inPlace = lowering.layout(result) == Layout.CHANNELS_LAST;
    Buffer into = inPlace ? lowering.buffer(result) : lowering.weights().temporary(result.bytes());
    lowering.step(
        lowering.settings().kernels()
            ? KernelPoolings.step(lowering, op, into)
            : new PoolingStep(lowering, op, into));
    if (!inPlace) {
      lowering.step(
          lowering
              .steps()
              .reorder(
                  into,
                  lowering.descriptors().of(result, Layout.CHANNELS_LAST),
                  lowering.buffer(result),
                  lowering.descriptors().of(result)));
    }
  }
}
