package dev.residual.backend.reference;

import dev.residual.engine.Communicator;
import dev.residual.graph.AdamWUpdate;
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
import dev.residual.graph.Graph;
import dev.residual.graph.LarsUpdate;
import dev.residual.graph.Lerp;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.MuonUpdate;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Pad;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Slice;
import dev.residual.graph.Softmax;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Transpose;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import java.util.stream.Stream;

/** The translation of operations into steps over the buffers of one session. */
record Lowering(Buffers buffers, Communicator communicator) {

  Step[] lower(Graph graph) {
    return graph.ops().stream().map(op -> rounded(op, step(op))).toArray(Step[]::new);
  }

  private Step step(Op op) {
    return switch (op) {
      case AllReduce o -> Channels.allReduce(o, buffers, communicator);
      case Conv2d o -> Convolutions.forward(o, buffers);
      case QuantizedConv2d o -> Quantizations.convolution(o, buffers);
      case Conv2dBackwardData o -> Convolutions.backwardData(o, buffers);
      case Conv2dBackwardWeights o -> Convolutions.backwardWeights(o, buffers);
      case BatchNorm o -> BatchNorms.forward(o, buffers, communicator);
      case BatchNormInference o -> BatchNorms.inference(o, buffers);
      case BatchNormBackward o -> BatchNorms.backward(o, buffers, communicator);
      case MaxPool2d o -> MaxPoolings.forward(o, buffers);
      case MaxPool2dBackward o -> MaxPoolings.backward(o, buffers);
      case AvgPool2d o -> AvgPoolings.forward(o, buffers);
      case AvgPool2dBackward o -> AvgPoolings.backward(o, buffers);
      case AdaptiveAvgPool2d o -> AvgPoolings.adaptive(o, buffers);
      case AdaptiveAvgPool2dBackward o -> AvgPoolings.adaptiveBackward(o, buffers);
      case GlobalAvgPool o -> AvgPoolings.global(o, buffers);
      case GlobalAvgPoolBackward o -> AvgPoolings.globalBackward(o, buffers);
      case Linear o -> Dense.forward(o, buffers);
      case LinearBackwardData o -> Dense.backwardData(o, buffers);
      case BiasGradient o -> Convolutions.biasGradient(o, buffers);
      case LinearBackwardWeights o -> Dense.backwardWeights(o, buffers);
      case Relu o -> Elementwise.relu(o, buffers);
      case ReluBackward o -> Elementwise.reluBackward(o, buffers);
      case Add o -> Elementwise.add(o, buffers);
      case Cast o -> Elementwise.cast(o, buffers);
      case Normalize o -> Elementwise.normalize(o, buffers);
      case Quantize o -> Quantizations.quantize(o, buffers);
      case Dequantize o -> Quantizations.dequantize(o, buffers);
      case Dropout o -> Elementwise.dropout(o, buffers);
      case DropoutBackward o -> Elementwise.dropoutBackward(o, buffers);
      case Reshape o -> Channels.reshape(o, buffers);
      case Concat o -> Channels.concat(o, buffers);
      case ConcatBackward o -> Channels.concatBackward(o, buffers);
      case ZeroPadShortcut o -> Channels.zeroPadShortcut(o, buffers);
      case ZeroPadShortcutBackward o -> Channels.zeroPadShortcutBackward(o, buffers);
      case SoftmaxCrossEntropy o -> Losses.forward(o, buffers);
      case SoftmaxCrossEntropyBackward o -> Losses.backward(o, buffers);
      case TopK o -> Rankings.topK(o, buffers);
      case Eltwise o -> Elementwise.eltwise(o, buffers);
      case EltwiseBackward o -> Elementwise.eltwiseBackward(o, buffers);
      case Binary o -> Elementwise.binary(o, buffers);
      case Softmax o -> Normalizations.softmax(o, buffers);
      case LocalResponseNorm o -> Normalizations.localResponse(o, buffers);
      case Transpose o -> Movements.transpose(o, buffers);
      case Pad o -> Movements.pad(o, buffers);
      case Slice o -> Movements.slice(o, buffers);
      case LossScaleUpdate o -> Updates.lossScale(o, buffers);
      case GradientClip o -> Updates.clip(o, buffers);
      case Lerp o -> Updates.lerp(o, buffers);
      case SgdUpdate o -> Updates.sgd(o, buffers);
      case AdamWUpdate o -> Updates.adamW(o, buffers);
      case LarsUpdate o -> Updates.lars(o, buffers);
      case MuonUpdate o -> MuonSteps.of(o, buffers);
    };
  }

  private Step rounded(Op op, Step step) {
    Buffer[] results =
        Stream.concat(op.outputs().stream(), op.updates().stream())
            .map(buffers::get)
            .toArray(Buffer[]::new);
    return () -> {
      step.run();
      for (Buffer result : results) {
        result.round();
      }
    };
  }
}
