package dev.residual.cli;

import dev.residual.io.images.Transforms;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a file of weights tells about itself, in the metadata of safetensors.
 *
 * @param model the name of the network, null if unknown
 * @param side the height and width of the images it was trained on, 0 if unknown
 * @param classes the names of the classes, empty if unknown
 */
record ModelCard(@Nullable String model, int side, List<String> classes) {
  private static final String MODEL = "model";
  private static final String SIDE = "image_size";
  private static final String CLASSES = "classes";

  /** No folder has it in its name. */
  private static final String SEPARATOR = "/";

  ModelCard {
    classes = List.copyOf(classes);
  }

  static ModelCard of(Map<String, String> metadata) {
    String side = metadata.getOrDefault(SIDE, "");
    String classes = metadata.getOrDefault(CLASSES, "");
    return new ModelCard(
        metadata.get(MODEL),
        side.matches("\\d{1,4}") && Integer.parseInt(side) <= Transforms.MAX_SIDE
            ? Integer.parseInt(side)
            : 0,
        classes.isEmpty() ? List.of() : List.of(classes.split(SEPARATOR, -1)));
  }

  Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    // What other programs look for in order to load a file into PyTorch.
    metadata.put("format", "pt");
    if (model != null) {
      metadata.put(MODEL, model);
    }
    metadata.put(SIDE, String.valueOf(side));
    metadata.put(CLASSES, String.join(SEPARATOR, classes));
    metadata.put("mean", "0.485 0.456 0.406");
    metadata.put("std", "0.229 0.224 0.225");
    return metadata;
  }
}
