package dev.residual.cli;

import dev.residual.cli.output.Failure;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.passes.Fusion;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.training.Checkpoint;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.quantization.QuantizedWeights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network with the weights of a file, for as many classes as the file is for.
 *
 * @param network for images of the size that the weights were made for, as far as that is known
 */
record TrainedModel(ResNet network, Path file, Weights weights, ModelCard card) {

  /** A network that computes the same as another, with fewer operations. */
  record Folded(Model model, Weights weights) {}

  /**
   * Reads weights, and checks that they are those of the network but for the number of classes.
   *
   * @throws IOException if the file cannot be read
   * @throws Failure if the weights do not fit, or are not finite
   */
  static TrainedModel read(ResNet network, Path file, Console console) throws IOException {
    WeightFile read = WeightFile.read(file);
    Weights weights = read.weights();
    if (Checkpoint.isIn(read.metadata())) {
      throw new Failure(
          file + " is the checkpoint of a training: take model.safetensors, which is beside it");
    }
    ModelCard card = ModelCard.of(read.metadata());
    int classes = Head.of(network).classes(weights).orElse(network.classes());
    int side = card.side() > 0 ? card.side() : network.height();
    ResNet fitting = network.classes(classes).input(side, side);
    try {
      if (QuantizedWeights.isIn(weights)) {
        quantized(fitting.inference(1), weights);
      } else {
        weights.check(fitting.inference(1).graph());
      }
    } catch (IllegalArgumentException e) {
      String name = card.model() == null ? "" : ", but of " + card.model();
      throw new Failure(
          "%s holds no weights of %s%s: %s".formatted(file, network.name(), name, e.getMessage()),
          e);
    }
    weights.tensors().forEach((name, tensor) -> requireFinite(file, name, tensor));
    console.note(file, read);
    if (card.model() != null && !card.model().equals(network.name())) {
      console.note(
          "note: %s was trained as %s, and is used as %s"
              .formatted(file, card.model(), network.name()));
    }
    boolean known = card.classes().size() == classes;
    return new TrainedModel(
        fitting, file, weights, known ? card : new ModelCard(card.model(), side, List.of()));
  }

  private static void requireFinite(Path file, String name, Tensor tensor) {
    if (!tensor.isFinite()) {
      throw new Failure(
          "%s: %s holds numbers that are not finite, and so would all results"
              .formatted(file, name));
    }
  }

  /** The transform of this text, or the one that the network is made for. */
  Transform transform(@Nullable String text) {
    return text == null ? Transforms.evaluation(network.height()) : Transforms.parse(text);
  }

  /** Whether convolutions compute with 8-bit integers. */
  boolean isQuantized() {
    return QuantizedWeights.isIn(weights);
  }

  private static Folded quantized(Model model, Weights file) {
    QuantizedWeights weights = QuantizedWeights.ofFile(file);
    Graph graph = weights.graph(fused(BatchNormFolding.fold(model.graph())));
    return new Folded(
        new Model(model.name(), graph, model.images(), model.logits()), weights.weights());
  }

  /** The graph with bias, add and ReLU in its convolutions, as quantisation wants it. */
  static Graph fused(Graph folded) {
    return Fusion.fuse(folded, Conv2d.class::isInstance);
  }

  /** The network for batches of this size, its batch normalisations folded into convolutions. */
  Folded folded(int batch, int height, int width) {
    Model model = network.input(height, width).inference(batch);
    if (isQuantized()) {
      return quantized(model, weights);
    }
    BatchNormFolding.Folded folded = BatchNormFolding.fold(model.graph(), weights);
    return new Folded(
        new Model(model.name(), folded.graph(), model.images(), model.logits()), folded.weights());
  }
}
