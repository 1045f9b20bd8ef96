package dev.residual.io.training;

import dev.residual.io.images.Interpolation;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the numbers of a training's images are made: as those that its first weights were trained on.
 *
 * @param colors the scaling of colours
 * @param interpolation what images are resized with
 */
record ImageScaling(Normalization colors, Interpolation interpolation) {
  /** For weights that are drawn by chance, and for those that tell nothing. */
  static final ImageScaling USUAL =
      new ImageScaling(Normalization.IMAGENET, Interpolation.BILINEAR);

  /**
   * What a file of weights says.
   *
   * @throws IOException naming the file, if it is missing or its head malformed
   */
  static ImageScaling of(Path weights) throws IOException {
    ModelCard card = ModelCard.of(WeightFile.readMetadata(weights));
    return new ImageScaling(card.normalization(), card.interpolation());
  }

  /** What brings images to a network of this side to measure it. */
  Transform evaluation(int side) {
    return Transforms.evaluation(side, interpolation);
  }

  /** What the trained weights tell about themselves. */
  ModelCard card(String network, int side, List<String> classes) {
    @Nullable String transform =
        interpolation == Interpolation.BILINEAR
            ? null
            : Transforms.evaluationText(side, interpolation);
    return new ModelCard(network, side, classes, colors, transform);
  }
}
