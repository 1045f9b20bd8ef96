package dev.residual.backend.onednn;

import dev.residual.engine.MemoryPlan.InPlace;
import dev.residual.engine.program.Step;
import dev.residual.graph.*;
import java.util.List;

/** The lowering of each operation: a switch over the sealed set. */
final class OpLowering {
  private OpLowering() {}

  static void lower(OneDnnLowering lowering, Op op) {
    switch (op) {
      case AllReduce reduce -> throw new IllegalStateException(reduce + " is the program's");
      case Conv2d conv -> Convolutions.lower(lowering, conv);
      case QuantizedConv2d conv -> Quantizations.lower(lowering, conv);
      case Conv2dBackwardData conv -> Convolutions.lower(lowering, conv);
      case Conv2dBackwardWeights conv -> Convolutions.lower(lowering, conv);
      case BatchNorm norm -> BatchNorms.lower(lowering, norm);
      case BatchNormInference norm -> BatchNorms.lower(lowering, norm);
      case BatchNormBackward norm -> BatchNorms.lower(lowering, norm);
      case Relu relu -> Elementwise.lower(lowering, relu);
      case ReluBackward relu -> Elementwise.lower(lowering, relu);
      case Quantize quantize -> Quantizations.lower(lowering, quantize);
      case Dequantize dequantize -> Quantizations.lower(lowering, dequantize);
      case Add add -> Elementwise.lower(lowering, add);
      case Cast cast -> Elementwise.lower(lowering, cast);
      case Eltwise eltwise -> Elementwise.lower(lowering, eltwise);
      case EltwiseBackward eltwise -> Elementwise.lower(lowering, eltwise);
      case Binary binary -> Elementwise.lower(lowering, binary);
      case Softmax softmax -> lowering.step(new SoftmaxStep(lowering, softmax));
      case LocalResponseNorm norm -> LocalResponses.lower(lowering, norm);
      case Transpose transpose -> Movements.lower(lowering, transpose);
      case Pad pad -> Movements.lower(lowering, pad);
      case Slice slice -> Movements.lower(lowering, slice);
      case Normalize normalize -> lower(lowering, normalize);
      case MaxPool2d pool -> Poolings.lower(lowering, pool);
      case MaxPool2dBackward pool -> Poolings.lower(lowering, pool);
      case AvgPool2d pool -> Poolings.lower(lowering, pool);
      case AvgPool2dBackward pool -> Poolings.lower(lowering, pool);
      case AdaptiveAvgPool2d pool -> lowering.step(AdaptivePoolingStep.forward(lowering, pool));
      case AdaptiveAvgPool2dBackward pool ->
          lowering.step(AdaptivePoolingStep.backward(lowering, pool));
      case GlobalAvgPool pool -> Poolings.lower(lowering, pool);
      case GlobalAvgPoolBackward pool -> Poolings.lower(lowering, pool);
      case Linear linear -> InnerProducts.lower(lowering, linear);
      case LinearBackwardData linear -> InnerProducts.lower(lowering, linear);
      case LinearBackwardWeights linear -> InnerProducts.lower(lowering, linear);
      case BiasGradient bias -> BiasGradients.lower(lowering, bias);
      case Reshape reshape -> Movements.lower(lowering, reshape);
      case Concat concat -> Movements.lower(lowering, concat);
      case ConcatBackward concat -> Movements.lower(lowering, concat);
      case ZeroPadShortcut pad -> lower(lowering, pad);
      case ZeroPadShortcutBackward pad -> lower(lowering, pad);
      case Dropout dropout -> Dropouts.lower(lowering, dropout);
      case DropoutBackward dropout -> Dropouts.lower(lowering, dropout);
      case SoftmaxCrossEntropy loss -> lower(lowering, loss);
      case SoftmaxCrossEntropyBackward loss -> lower(lowering, loss);
      case TopK top -> lowering.labelled(top, new TopKStep(lowering, top));
      case LossScaleUpdate update -> lowering.step(new LossScaleStep(lowering, update));
      case GradientClip clip -> lowering.step(new GradientClipStep(lowering, clip));
      case Lerp lerp when lowering.settings().kernels() -> KernelUpdates.lower(lowering, lerp);
      case Lerp lerp -> lowering.step(UpdateLoops.of(lowering, lerp));
      case ParameterUpdate update -> lower(lowering, update);
    }
  }

  /** Which results the steps of an operation can write over which inputs. */
  static List<InPlace> inPlace(OneDnnLowering lowering, Op op) {
    Layouts layouts = lowering.layouts();
    return overwriting(lowering, op).stream()
        .filter(pair -> layouts.of(pair.output()) == layouts.of(pair.input()))
        .toList();
  }

  private static List<InPlace> overwriting(OneDnnLowering lowering, Op op) {
    return switch (op) {
      case Conv2d conv when conv.add() != null && lowering.inPlaceSums().containsKey(conv.dst()) ->
          List.of(new InPlace(conv.dst(), conv.add()));
      case QuantizedConv2d conv
          when conv.add() != null && lowering.inPlaceSums().containsKey(conv.dst()) ->
          List.of(new InPlace(conv.dst(), conv.add()));
      case BatchNorm norm when KernelNorms.fits(lowering, norm) -> KernelNorms.inPlace(norm);
      case BatchNormInference norm when KernelNorms.fits(lowering, norm) ->
          KernelNorms.inPlace(norm);
      case BatchNormBackward norm when KernelNorms.fits(lowering, norm) ->
          KernelNorms.inPlace(norm);
      case Relu relu -> List.of(new InPlace(relu.dst(), relu.src()));
      case Eltwise eltwise -> List.of(new InPlace(eltwise.dst(), eltwise.src()));
      case EltwiseBackward eltwise ->
          List.of(
              new InPlace(eltwise.diffSrc(), eltwise.diffDst()),
              new InPlace(eltwise.diffSrc(), eltwise.src()));
      case Dropout dropout when dropout.isByRow() ->
          List.of(new InPlace(dropout.dst(), dropout.src()));
      case DropoutBackward dropout when dropout.isByRow() ->
          List.of(new InPlace(dropout.diffSrc(), dropout.diffDst()));
      case ReluBackward relu -> List.of(new InPlace(relu.diffSrc(), relu.diffDst()));
      case Add add when !add.src0().equals(add.src1()) ->
          List.of(new InPlace(add.dst(), add.src0()));
      case Binary binary
          when binary.src0().shape().equals(binary.dst().shape())
              && !binary.src0().equals(binary.src1()) ->
          List.of(new InPlace(binary.dst(), binary.src0()));
      default -> List.of();
    };
  }

  private static void lower(OneDnnLowering lowering, Normalize op) {
    if (KernelNorms.fits(lowering, op.dst())) {
      KernelNormalizations.lower(lowering, op);
    } else {
      lowering.step(new NormalizeStep(lowering, op));
    }
  }

  private static void lower(OneDnnLowering lowering, ZeroPadShortcut pad) {
    if (lowering.settings().kernels()) {
      KernelShortcuts.lower(lowering, pad);
    } else {
      lowering.step(ShortcutStep.forward(lowering, pad));
    }
  }

  private static void lower(OneDnnLowering lowering, ZeroPadShortcutBackward pad) {
    if (lowering.settings().kernels()) {
      KernelShortcuts.lower(lowering, pad);
    } else {
      lowering.step(ShortcutStep.backward(lowering, pad));
    }
  }

  private static void lower(OneDnnLowering lowering, SoftmaxCrossEntropy loss) {
    Step step =
        lowering.settings().kernels()
            ? KernelLosses.step(lowering, loss)
            : new LossStep(lowering, loss);
    lower(lowering, loss, loss.isSoft(), step);
  }

  private static void lower(OneDnnLowering lowering, SoftmaxCrossEntropyBackward loss) {
    Step step =
        lowering.settings().kernels()
            ? KernelLosses.step(lowering, loss)
            : new LossBackwardStep(lowering, loss);
    lower(lowering, loss, loss.isSoft(), step);
  }

  private static void lower(OneDnnLowering lowering, Op loss, boolean isSoft, Step step) {
    if (isSoft) {
      lowering.step(step);
    } else {
      lowering.labelled(loss, step);
    }
  }

  private static void lower(OneDnnLowering lowering, ParameterUpdate update) {
    boolean kernels = lowering.settings().kernels();
    switch (update) {
      case SgdUpdate sgd when kernels -> KernelUpdates.lower(lowering, sgd);
      case SgdUpdate sgd -> lowering.step(new SgdStep(lowering, sgd));
      case AdamWUpdate adamW when kernels -> KernelUpdates.lower(lowering, adamW);
      case AdamWUpdate adamW -> lowering.step(UpdateLoops.of(lowering, adamW));
      case LarsUpdate lars when kernels -> KernelUpdates.lower(lowering, lars);
      case LarsUpdate lars -> lowering.step(UpdateLoops.of(lowering, lars));
      case MuonUpdate muon -> Muons.lower(lowering, muon);
    }
  }
}
