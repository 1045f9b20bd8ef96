package dev.residual.io.weights;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * What torchvision tells of the files of weights that it publishes, and the files do not: the
 * transform and the scaling of colours that they were measured with, where they are not the usual
 * ones.
 *
 * <p>The end of a published file's name is the beginning of its SHA-256.
 */
final class PublishedWeights {
  private static final String V2 = "IMAGENET1K_V2";

  /** All sets IMAGENET1K_V2 of residual networks, and the one that came later as V1. */
  private static final Set<String> RESIZED_TO_232 =
      Set.of(
          "resnet50-11ad3fa6",
          "resnet101-cd907fc2",
          "resnet152-f82ba261",
          "resnext50_32x4d-1a0047aa",
          "resnext101_32x8d-110c445d",
          "resnext101_64x4d-173b62eb",
          "wide_resnet50_2-9ba9bcbe",
          "wide_resnet101_2-d733dc28");

  /** Its inputs are from -1 to 1, which torchvision's network makes of ImageNet's scaling. */
  private static final String GOOGLENET = "googlenet-1378be20";

  private PublishedWeights() {}

  /** Whether a tensor belongs to a head of GoogLeNet that its inference does without. */
  static boolean isAuxiliary(String name) {
    return name.startsWith("aux1.") || name.startsWith("aux2.");
  }

  /** The metadata of a file of this name, empty if it is not known or all is as usual. */
  static Map<String, String> metadata(Path file) {
    String name = String.valueOf(file.getFileName()).replaceFirst("\\.[^.]*$", "");
    if (name.equals(GOOGLENET)) {
      return Map.of(ModelCard.MEAN, "0.5 0.5 0.5", ModelCard.STD, "0.5 0.5 0.5");
    }
    return RESIZED_TO_232.contains(name) ? Map.of(ModelCard.TRANSFORM, V2) : Map.of();
  }
}
