package dev.residual.io;

import dev.residual.io.images.Images;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.FormulaWeights;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import dev.residual.train.TinyNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Models of a small network, and images for them. */
final class TinyModels {
  private TinyModels() {}

  static TrainedModel of(Weights weights) {
    return of(TinyNetwork.deep(), weights, ModelCard.of(Map.of()));
  }

  static TrainedModel of(ImageNetwork network, Weights weights, ModelCard card) {
    return new TrainedModel(network, Path.of("tiny"), weights, card, List.of());
  }

  /** The same numbers on every machine. */
  static Weights weights() {
    return FormulaWeights.of(TinyNetwork.deep().inference(1).graph());
  }

  /** Others, different for each seed. */
  static Weights weights(long seed) {
    return TinyNetwork.deep().initializer(seed).weights(TinyNetwork.deep().inference(1).graph());
  }

  /** These weights with one tensor changed. */
  static Weights with(Weights weights, String name, Tensor tensor) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(weights.tensors());
    tensors.put(name, tensor);
    return new Weights(tensors);
  }

  /** Images of different sizes. */
  static List<Pixels> images(int count) {
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      images.add(Images.pattern(9 + i, 12));
    }
    return images;
  }
}
