package dev.residual.io.weights;

import dev.residual.io.images.Interpolation;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Transforms;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What a file of weights tells about itself, in the metadata of safetensors.
 *
 * @param model the name of the network, null if unknown
 * @param side the height and width of the images it was trained on, 0 if unknown
 * @param classes the names of the classes, empty if unknown
 * @param normalization of the images it was trained on, ImageNet's if unknown
 * @param transform of the images it was measured on, as {@link Transforms#parse} takes it, null if
 *     unknown
 */
public record ModelCard(
    @Nullable String model,
    int side,
    List<String> classes,
    Normalization normalization,
    @Nullable String transform) {
  /** The key of the transform in the metadata. */
  static final String TRANSFORM = "transform";

  private static final String MODEL = "model";
  private static final String SIDE = "image_size";
  private static final String CLASSES = "classes";

  /** The keys of the scaling of colours. */
  static final String MEAN = "mean";

  static final String STD = "std";

  /** No folder has it in its name. */
  private static final String SEPARATOR = "/";

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if the transform is not known
   */
  public ModelCard {
    if (transform != null) {
      Transforms.parse(transform);
    }
    classes = List.copyOf(classes);
  }

  /** A card of images with ImageNet's normalisation. */
  public ModelCard(@Nullable String model, int side, List<String> classes) {
    this(model, side, classes, Normalization.IMAGENET, null);
  }

  /** What images are resized with: what the transform says, else bilinear. */
  public Interpolation interpolation() {
    return transform == null
        ? Interpolation.BILINEAR
        : Interpolation.of(Transforms.parse(transform));
  }

  /** The card in the metadata of a file; what cannot be understood is unknown. */
  public static ModelCard of(Map<String, String> metadata) {
    String side = metadata.getOrDefault(SIDE, "");
    String classes = metadata.getOrDefault(CLASSES, "");
    return new ModelCard(
        metadata.get(MODEL),
        side.matches("\\d{1,4}") && Integer.parseInt(side) <= Transforms.MAX_SIDE
            ? Integer.parseInt(side)
            : 0,
        classes.isEmpty() ? List.of() : List.of(classes.split(SEPARATOR, -1)),
        normalization(metadata.getOrDefault(MEAN, ""), metadata.getOrDefault(STD, "")),
        transform(metadata.getOrDefault(TRANSFORM, "")));
  }

  private static @Nullable String transform(String text) {
    try {
      Transforms.parse(text);
      return text;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static Normalization normalization(String mean, String std) {
    try {
      return Normalization.of(numbers(mean), numbers(std));
    } catch (IllegalArgumentException e) {
      return Normalization.IMAGENET;
    }
  }

  private static float[] numbers(String text) {
    String[] words = text.strip().split("[ ,]+");
    float[] numbers = new float[words.length];
    for (int i = 0; i < words.length; i++) {
      numbers[i] = Float.parseFloat(words[i]);
    }
    return numbers;
  }

  private static String text(float[] numbers) {
    StringJoiner joiner = new StringJoiner(" ");
    for (float number : numbers) {
      joiner.add(String.valueOf(number));
    }
    return joiner.toString();
  }

  /** What {@link #of} reads. */
  public Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>();
    // What other programs look for in order to load a file into PyTorch.
    metadata.put("format", "pt");
    if (model != null) {
      metadata.put(MODEL, model);
    }
    metadata.put(SIDE, String.valueOf(side));
    metadata.put(CLASSES, String.join(SEPARATOR, classes));
    metadata.put(MEAN, text(normalization.mean()));
    metadata.put(STD, text(normalization.std()));
    if (transform != null) {
      metadata.put(TRANSFORM, transform);
    }
    return metadata;
  }
}
