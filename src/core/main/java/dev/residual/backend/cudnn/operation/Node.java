package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.function.Function;

/** An operation of an operation graph, by cuDNN's name for it. */
public sealed interface Node
    permits ConvolutionForward,
        ConvolutionBackwardData,
        ConvolutionBackwardFilter,
        Pointwise,
        GenStats,
        BnFinalize,
        BnBackwardWeights,
        NormForward,
        NormBackward,
        Reduction {

  /** What it reads. */
  List<GraphTensor> inputs();

  /** What it computes. */
  List<GraphTensor> outputs();

  /**
   * The text of this node.
   *
   * @param tensors says what stands for a tensor
   */
  String text(Function<? super GraphTensor, String> tensors);
}
