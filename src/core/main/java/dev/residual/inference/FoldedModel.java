package dev.residual.inference;

import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Model;
import dev.residual.nn.Weights;

/**
 * A model whose batch norms are folded into its convolutions, with additions and ReLUs fused into
 * them, and the weights of that form.
 *
 * @param model with the images and logits of the original
 * @param weights of its graph; tensors that did not change are shared
 */
public record FoldedModel(Model model, Weights weights) {

  /**
   * Folds a model and its weights, which stay as they are.
   *
   * @param model in inference mode
   * @throws IllegalArgumentException if the weights are not those of the model
   */
  public static FoldedModel of(Model model, Weights weights) {
    BatchNormFolding.Folded folded = BatchNormFolding.fold(model.graph(), weights).fused();
    return new FoldedModel(model.withGraph(folded.graph()), folded.weights());
  }
}
