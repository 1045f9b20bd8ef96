package dev.residual.graph.passes;

import dev.residual.graph.AdaptiveAvgPool2d;
import dev.residual.graph.AdaptiveAvgPool2dBackward;
import dev.residual.graph.Add;
import dev.residual.graph.AllReduce;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.BiasGradient;
import dev.residual.graph.Binary;
import dev.residual.graph.Cast;
import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.GradientClip;
import dev.residual.graph.Lerp;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Pad;
import dev.residual.graph.ParameterUpdate;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.Slice;
import dev.residual.graph.Softmax;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Transpose;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Which values of each operation become narrow.
 *
 * @param types finds or makes the values of either type
 * @param follows whether operations that take either type compute in the narrow one
 */
record PrecisionRule(MixedPrecision types, boolean follows) {

  Op rewritten(Op op) {
    return switch (op) {
      case Conv2d o -> narrow(o, o.bias());
      case Conv2dBackwardData o -> narrow(o);
      case Conv2dBackwardWeights o -> narrow(o, o.diffWeights(), o.diffBias());
      case BatchNorm o ->
          narrow(
              o,
              o.scale(),
              o.shift(),
              o.runningMean(),
              o.runningVariance(),
              o.mean(),
              o.variance());
      case BatchNormInference o -> narrow(o, o.scale(), o.shift(), o.mean(), o.variance());
      case BatchNormBackward o ->
          narrow(o, o.scale(), o.mean(), o.variance(), o.diffScale(), o.diffShift());
      case Linear o -> narrow(o, o.bias(), o.dst());
      case LinearBackwardData o -> narrow(o);
      case LinearBackwardWeights o -> narrow(o, o.diffWeights(), o.diffBias());
      case BiasGradient o -> narrow(o, o.diffBias());
      case Normalize o -> narrow(o);
      case QuantizedConv2d o -> narrow(o, o.weightsScale(), o.bias());
      case Add o -> either(o);
      case Relu o -> either(o);
      case ReluBackward o -> either(o);
      case Reshape o -> either(o);
      case Concat o -> either(o);
      case ConcatBackward o -> either(o);
      case MaxPool2d o -> either(o);
      case MaxPool2dBackward o -> either(o);
      case AvgPool2d o -> either(o);
      case AvgPool2dBackward o -> either(o);
      case GlobalAvgPool o -> either(o);
      case GlobalAvgPoolBackward o -> either(o);
      case ZeroPadShortcut o -> either(o);
      case ZeroPadShortcutBackward o -> either(o);
      case Dropout o -> either(o);
      case DropoutBackward o -> either(o);
      case Quantize o -> either(o);
      case Eltwise o -> either(o);
      case EltwiseBackward o -> either(o);
      case AdaptiveAvgPool2d o -> either(o);
      case AdaptiveAvgPool2dBackward o -> either(o);
      case Binary o -> either(o);
      case LocalResponseNorm o -> either(o);
      case Transpose o -> either(o);
      case Pad o -> either(o);
      case Slice o -> either(o);
      case Softmax o -> wide(o);
      case SoftmaxCrossEntropy o -> wide(o);
      case SoftmaxCrossEntropyBackward o -> wide(o);
      case TopK o -> wide(o);
      case LossScaleUpdate o -> wide(o);
      case GradientClip o -> wide(o);
      case AllReduce o -> wide(o);
      case Lerp o -> wide(o);
      case ParameterUpdate o -> wide(o);
      case Dequantize o -> o;
      case Cast o -> o.src().dtype() == DType.F32 ? wide(o) : o;
    };
  }

  /** The operation in the narrow type, but for these values. */
  private Op narrow(Op op, @Nullable Value... wide) {
    List<@Nullable Value> kept = Arrays.asList(wide);
    return map(
        op,
        value -> kept.contains(value) ? types.wide(value) : types.narrow(value),
        value -> kept.contains(value) ? value : types.result(value));
  }

  /** The operation in the wide type. */
  private Op wide(Op op) {
    return map(op, types::wide, value -> value);
  }

  /** An operation that takes either type. */
  private Op either(Op op) {
    return follows ? narrow(op) : wide(op);
  }

  private static Op map(Op op, UnaryOperator<Value> inputs, UnaryOperator<Value> outputs) {
    List<Value> results = op.outputs();
    return op.map(value -> (results.contains(value) ? outputs : inputs).apply(value));
  }
}
