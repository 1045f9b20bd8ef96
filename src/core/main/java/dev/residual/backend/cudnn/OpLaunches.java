package dev.residual.backend.cudnn;

import dev.residual.engine.program.Movement;
import dev.residual.graph.*;
import dev.residual.tensor.Layout;
import java.util.List;

/** What an operation becomes: a switch over the sealed set. */
final class OpLaunches {
  private OpLaunches() {}

  static List<Launch> of(Launches launches, Op op) {
    return switch (op) {
      // The program's business.
      case AllReduce _ -> List.of();
      case Conv2d conv -> of(launches, conv);
      case Conv2dBackwardData conv -> of(launches, conv);
      case Conv2dBackwardWeights conv -> of(launches, conv);
      case QuantizedConv2d conv -> List.of(DirectLaunches.of(conv));
      case BatchNorm norm -> NormLaunches.of(launches, norm);
      case BatchNormInference norm -> KernelNorms.of(norm);
      case BatchNormBackward norm -> NormLaunches.of(launches, norm);
      case Relu relu -> ElementLaunches.of(relu);
      case ReluBackward relu -> ElementLaunches.of(relu);
      case Quantize quantize -> ElementLaunches.of(quantize);
      case Dequantize dequantize -> ElementLaunches.of(dequantize);
      case Add add -> launches.accumulated(add) == null ? ElementLaunches.of(add) : List.of();
      case Cast cast -> TensorLaunches.of(launches, cast);
      case Normalize normalize ->
          ElementLaunches.of(normalize, launches.layout(normalize.src()) == Layout.ROW_MAJOR);
      case MaxPool2d pool -> PoolingLaunches.of(pool);
      case MaxPool2dBackward pool -> PoolingLaunches.of(pool);
      case AvgPool2d pool -> PoolingLaunches.of(pool);
      case AvgPool2dBackward pool -> PoolingLaunches.of(pool);
      case AdaptiveAvgPool2d pool -> PoolingLaunches.of(pool);
      case AdaptiveAvgPool2dBackward pool -> PoolingLaunches.of(pool);
      case GlobalAvgPool pool -> PoolingLaunches.of(pool);
      case GlobalAvgPoolBackward pool -> PoolingLaunches.of(pool);
      case Linear linear -> of(launches, linear);
      case LinearBackwardData linear ->
          launches.first(
              () -> List.of(ConvolutionLaunches.backwardData(linear)),
              () -> List.of(DirectLaunches.of(linear)));
      case LinearBackwardWeights linear -> of(launches, linear);
      case BiasGradient bias -> KernelNorms.sums(bias.diffDst(), bias.diffBias());
      case Reshape reshape -> MovementLaunches.of(reshape);
      case Concat concat -> MovementLaunches.of(concat);
      case ConcatBackward concat -> MovementLaunches.of(concat);
      case ZeroPadShortcut pad -> MovementLaunches.of(pad);
      case ZeroPadShortcutBackward pad -> MovementLaunches.of(pad);
      case Dropout dropout -> ElementLaunches.of(dropout);
      case DropoutBackward dropout -> ElementLaunches.of(dropout);
      case SoftmaxCrossEntropy loss -> LossLaunches.of(loss);
      case SoftmaxCrossEntropyBackward loss -> LossLaunches.of(loss);
      case TopK top -> LossLaunches.of(top);
      case Eltwise eltwise -> FunctionLaunches.of(eltwise);
      case EltwiseBackward eltwise -> FunctionLaunches.of(eltwise);
      case Binary binary -> FunctionLaunches.of(binary, launches::layout);
      case Softmax softmax -> FunctionLaunches.of(softmax, launches.layout(softmax.src()));
      case LocalResponseNorm norm -> FunctionLaunches.of(norm);
      case Transpose o -> FunctionLaunches.of(Movement.of(o, launches::layout), o.src(), o.dst());
      case Pad o -> FunctionLaunches.of(Movement.of(o, launches::layout), o.src(), o.dst());
      case Slice o -> FunctionLaunches.of(Movement.of(o, launches::layout), o.src(), o.dst());
      case LossScaleUpdate scale -> TensorLaunches.of(scale);
      case GradientClip clip -> TensorLaunches.of(clip);
      case Lerp lerp -> UpdateLaunches.of(launches, lerp);
      case SgdUpdate sgd -> UpdateLaunches.of(launches, sgd);
      case AdamWUpdate adamW -> UpdateLaunches.of(launches, adamW);
      case LarsUpdate lars -> UpdateLaunches.of(launches, lars);
      case MuonUpdate muon -> MuonLaunches.of(launches, muon);
    };
  }

  private static List<Launch> of(Launches launches, Conv2d conv) {
    NormRegion before = launches.forms().deferred(conv);
    NormRegion behind = launches.forms().statistics(conv);
    return launches.first(
        () ->
            List.of(
                ConvolutionLaunches.forward(
                    conv,
                    before == null ? null : before.norm(),
                    behind == null ? null : behind.norm())),
        () -> List.of(DirectLaunches.of(conv)));
  }

  private static List<Launch> of(Launches launches, Conv2dBackwardData conv) {
    NormRegion region = launches.forms().gradient(conv);
    if (region != null) {
      return region.isPostponed() ? List.of() : List.of(MainloopLaunches.begin(region));
    }
    return launches.first(
        () -> List.of(ConvolutionLaunches.backwardData(conv, launches.accumulated(conv))),
        () -> List.of(DirectLaunches.of(conv)));
  }

  private static List<Launch> of(Launches launches, Conv2dBackwardWeights conv) {
    NormRegion region = launches.forms().deferred(conv);
    if (region != null) {
      return MainloopLaunches.weights(conv, region.norm());
    }
    List<Launch> weights =
        launches.first(
            () -> List.of(ConvolutionLaunches.backwardFilter(conv)),
            () -> ConvolutionLaunches.roundedFilter(conv),
            () -> List.of(DirectLaunches.of(conv)));
    Value bias = conv.diffBias();
    return bias == null ? weights : Launches.join(weights, KernelNorms.sums(conv.diffDst(), bias));
  }

  private static List<Launch> of(Launches launches, LinearBackwardWeights linear) {
    List<Launch> weights =
        launches.first(
            () -> List.of(ConvolutionLaunches.backwardFilter(linear)),
            () -> ConvolutionLaunches.roundedFilter(linear),
            () -> List.of(DirectLaunches.of(linear)));
    Value bias = linear.diffBias();
    return bias == null
        ? weights
        : Launches.join(weights, KernelNorms.sums(linear.diffDst(), bias));
  }

  /** Half matrices have few plans with a bias beside sums of FLOAT. */
  private static List<Launch> of(Launches launches, Linear linear) {
    Value bias = linear.bias();
    if (bias == null || !linear.src().dtype().isHalf()) {
      return launches.first(
          () -> List.of(ConvolutionLaunches.forward(linear)),
          () -> List.of(DirectLaunches.of(linear)));
    }
    Linear product = new Linear(linear.src(), linear.weights(), null, linear.dst());
    return launches.first(
        () -> List.of(ConvolutionLaunches.forward(product), KernelNorms.shift(linear.dst(), bias)),
        () -> List.of(DirectLaunches.of(linear)));
  }
}
