package dev.residual.graph;

import java.util.List;

/**
 * What an operation takes at least: arithmetic, and memory traffic without caches.
 *
 * <p>A multiply-add counts as two operations. As in published counts, positions in the padding
 * count, too. For convolutions and linear layers only the products count, not what is fused behind
 * them. For other operations each addition, multiplication, comparison and function of an element
 * counts.
 *
 * <p>Each value counts once as read or written. Values of a batch norm that are read again when
 * their sums are known count twice.
 *
 * @param flops the floating-point operations
 * @param bytesRead the bytes read from memory
 * @param bytesWritten the bytes written to memory
 */
public record Cost(long flops, long bytesRead, long bytesWritten) {

  /** The cost of doing nothing. */
  public static final Cost NONE = new Cost(0, 0, 0);

  /** The cost of one run of an operation. */
  public static Cost of(Op op) {
    return new Cost(
        flops(op),
        bytes(op.inputs()) + bytes(readAgain(op)),
        bytes(op.outputs()) + bytes(op.updates()));
  }

  /** The bytes read and written. */
  public long bytes() {
    return bytesRead + bytesWritten;
  }

  private static long flops(Op op) {
    return switch (op) {
      case Conv2d conv -> 2 * conv.macs();
      case QuantizedConv2d conv -> 2 * conv.macs();
      case Conv2dBackwardData conv -> 2 * conv.macs();
      case Conv2dBackwardWeights conv -> 2 * conv.macs();
      case Linear linear -> 2 * linear.macs();
      case LinearBackwardData linear -> 2 * macs(linear.diffDst(), linear.weights());
      case LinearBackwardWeights linear -> 2 * macs(linear.diffDst(), linear.diffWeights());
      // The sum, the sum of squares, and one multiply-add.
      case BatchNorm norm -> (5 + count(norm.add() != null) + count(norm.relu())) * size(op);
      case BatchNormInference norm ->
          (2 + count(norm.add() != null) + count(norm.relu())) * size(op);
      // Two sums, one of products, and two multiply-adds.
      case BatchNormBackward norm ->
          ((norm.frozen() ? 4 : 8) + count(norm.diffDstAdd() != null)) * size(op);
      case Relu _, ReluBackward _, Add _, Quantize _, Dequantize _ -> size(op);
      case Dropout _, DropoutBackward _ -> 2 * size(op);
      case Normalize _ -> 3 * size(op);
      case MaxPool2d pool -> elements(pool.dst()) * pool.window().kernelElements();
      case MaxPool2dBackward pool -> elements(pool.diffDst());
      case AvgPool2d pool -> elements(pool.dst()) * pool.window().kernelElements();
      case AvgPool2dBackward pool -> elements(pool.diffDst()) * pool.window().kernelElements();
      case GlobalAvgPool pool -> elements(pool.src());
      case GlobalAvgPoolBackward pool -> elements(pool.diffSrc());
      case SoftmaxCrossEntropy loss -> 4 * elements(loss.logits());
      case SoftmaxCrossEntropyBackward loss -> 4 * elements(loss.logits());
      case TopK top -> elements(top.logits());
      case SgdUpdate sgd ->
          (2L
                  + count(sgd.factor() != null)
                  + 2 * count(sgd.velocity() != null)
                  + 2 * count(sgd.weightDecay() > 0)
                  + 2 * count(sgd.nesterov()))
              * elements(sgd.parameter());
      case AdamWUpdate update ->
          (12L + count(update.factor() != null)) * elements(update.parameter());
      // Twice the squares, and the step.
      case LarsUpdate update ->
          (10L + count(update.factor() != null)) * elements(update.parameter());
      case MuonUpdate update -> flops(update);
      case GradientClip clip -> 2 * clip.gradients().stream().mapToLong(Cost::elements).sum();
      case Lerp lerp -> 3 * elements(lerp.target());
      case LossScaleUpdate update -> update.gradients().stream().mapToLong(Cost::elements).sum();
      case Eltwise _, EltwiseBackward _, Binary _ -> size(op);
      case AdaptiveAvgPool2d pool -> elements(pool.src());
      case AdaptiveAvgPool2dBackward pool -> elements(pool.diffSrc());
      case BiasGradient bias -> elements(bias.diffDst());
      case Softmax _ -> 4 * size(op);
      case LocalResponseNorm norm -> (2L * norm.size() + 3) * size(op);
      case AllReduce _, Cast _, Reshape _, Concat _, ConcatBackward _ -> 0;
      case Transpose _, Pad _, Slice _ -> 0;
      case ZeroPadShortcut _, ZeroPadShortcutBackward _ -> 0;
    };
  }

  /** Three products a Newton-Schulz step, of which two are as long as the matrix. */
  private static long flops(MuonUpdate update) {
    long least = Math.min(update.rows(), update.columns());
    long elements = elements(update.parameter());
    long products = 2 * least * (2 * elements + least * least);
    return update.settings().steps() * products + 10 * elements;
  }

  private static List<Value> readAgain(Op op) {
    return switch (op) {
      case BatchNorm norm -> List.of(norm.src());
      case BatchNormBackward norm when !norm.frozen() ->
          Op.present(norm.src(), norm.diffDst(), norm.mask());
      default -> List.of();
    };
  }

  private static long macs(Value diffDst, Value weights) {
    return diffDst.shape().dim(0) * elements(weights);
  }

  private static long size(Op op) {
    return elements(op.outputs().getFirst());
  }

  private static long elements(Value value) {
    return value.shape().elements();
  }

  private static long count(boolean present) {
    return present ? 1 : 0;
  }

  private static long bytes(List<Value> values) {
    return values.stream().mapToLong(Value::bytes).sum();
  }
}
