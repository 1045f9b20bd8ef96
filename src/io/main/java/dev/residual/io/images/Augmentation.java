package dev.residual.io.images;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The random changes of images for training.
 *
 * <p>{@link #parse} makes one from a text such as {@code standard,trivial,erase=0.25}; {@link
 * #toString} gives the text.
 *
 * @param base which part of an image is taken, and the changes that go with it
 * @param flip when an image is mirrored
 * @param translation by how many pixels each way an image is moved, reflected at its edges, in
 *     place of the crops of the base; 0 for none
 * @param trivial whether {@link Transforms#trivialAugment} is applied
 * @param jitter of colours, in place of that of the base
 * @param erasing of a rectangle
 * @param cutout of a square
 * @param mixing of the images of a batch
 * @param copies how often an image is in its batch
 */
public record Augmentation(
    Base base,
    Flip flip,
    int translation,
    boolean trivial,
    ColorJitter jitter,
    RandomErasing erasing,
    Cutout cutout,
    Mixing mixing,
    int copies) {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if the translation is not between 0 and {@link
   *     Transforms#MAX_SIDE}, or the copies are not between 1 and 1000
   */
  public Augmentation {
    Transforms.within("translate", translation, Transforms.MAX_SIDE);
    Preprocessing.requireCopies(copies);
  }

  /** Small images: crops after padding, mirroring; large ones: parts of any size, mirroring. */
  public static final Augmentation STANDARD = parse("standard");

  /** As the standard, and brightness, contrast, saturation and light. */
  public static final Augmentation COLOR = parse("color");

  /** Large images as in "Deep Residual Learning", section 3.4; small ones as the standard. */
  public static final Augmentation PAPER = parse("paper");

  /** Nothing. */
  public static final Augmentation NONE = parse("none");

  /** What a description begins with. */
  public enum Base {
    /** {@link Augmentation#STANDARD}. */
    STANDARD,
    /** {@link Augmentation#COLOR}. */
    COLOR,
    /** {@link Augmentation#PAPER}. */
    PAPER,
    /** {@link Augmentation#NONE}. */
    NONE;

    Flip flip() {
      return this == NONE ? Flip.NONE : Flip.RANDOM;
    }

    ColorJitter jitter() {
      return this == COLOR ? new ColorJitter(0.4, 0.4, 0.4, 0) : ColorJitter.NONE;
    }

    private Transform crop(int side, Interpolation interpolation) {
      boolean small = side <= 64;
      return switch (this) {
        case NONE -> Transforms.evaluation(side, interpolation);
        case PAPER ->
            small
                ? Transforms.trainingCrop(side, interpolation)
                : Transforms.scaleJitter(side * 8 / 7, side * 15 / 7, side, interpolation);
        case STANDARD, COLOR -> Transforms.trainingCrop(side, interpolation);
      };
    }

    private boolean hasLight(int side) {
      return this == COLOR || (this == PAPER && side > 64);
    }
  }

  /**
   * The description of this text: {@code standard}, {@code color}, {@code paper} or {@code none},
   * and after commas any of
   *
   * <ul>
   *   <li>{@code flip=alternating}, {@code flip=random} or {@code flip=none}
   *   <li>{@code translate=N} by up to N pixels
   *   <li>{@code trivial}
   *   <li>{@code jitter=X} of brightness, contrast and saturation, or {@code jitter=B:C:S:H}
   *   <li>{@code erase=P} with probability P by the mean colour, {@code erase=P:noise} by noise
   *   <li>{@code cutout=N} of N x N pixels
   *   <li>{@code mixup=A}, {@code cutmix=A}
   *   <li>{@code copies=N} of each image in a batch
   * </ul>
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Augmentation parse(String text) {
    return AugmentationParts.of(text).augmentation();
  }

  /**
   * What is done to images for a network with inputs of this side, resized bilinearly.
   *
   * @throws IllegalArgumentException if they cannot be moved so far
   */
  public Preprocessing preprocessing(int side) {
    return preprocessing(side, Interpolation.BILINEAR);
  }

  /**
   * What is done to images for a network with inputs of this side.
   *
   * @throws IllegalArgumentException if they cannot be moved so far
   */
  public Preprocessing preprocessing(int side, Interpolation interpolation) {
    if (translation >= side) {
      throw new IllegalArgumentException(
          "translate=%d of images with a side of %d: expected less than it"
              .formatted(translation, side));
    }
    List<Transform> steps = new ArrayList<>();
    steps.add(
        translation > 0
            ? Transforms.evaluation(side, interpolation)
            : base.crop(side, interpolation));
    if (translation > 0) {
      steps.add(Transforms.randomTranslation(translation));
    }
    if (flip == Flip.RANDOM) {
      steps.add(Transforms.horizontalFlip());
    }
    if (trivial) {
      steps.add(Transforms.trivialAugment());
    }
    if (!jitter.equals(ColorJitter.NONE)) {
      steps.add(jitter);
    }
    if (base.hasLight(side)) {
      steps.add(Transforms.lightingNoise(0.1));
    }
    List<Erasure> erasures = new ArrayList<>();
    if (cutout.side() > 0) {
      erasures.add(cutout);
    }
    if (erasing.probability() > 0) {
      erasures.add(erasing);
    }
    return new Preprocessing(
        Transforms.pipeline(steps.toArray(Transform[]::new)),
        flip == Flip.ALTERNATING,
        erasures,
        mixing,
        copies);
  }

  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    parts.add(base.name().toLowerCase(Locale.ROOT));
    if (flip != base.flip()) {
      parts.add("flip=" + flip.name().toLowerCase(Locale.ROOT));
    }
    add(parts, "translate", translation);
    if (trivial) {
      parts.add("trivial");
    }
    if (!jitter.equals(base.jitter())) {
      parts.add(
          "jitter=%s:%s:%s:%s"
              .formatted(
                  Decimals.text(jitter.brightness()),
                  Decimals.text(jitter.contrast()),
                  Decimals.text(jitter.saturation()),
                  Decimals.text(jitter.hue())));
    }
    if (erasing.probability() > 0) {
      parts.add(
          "erase=" + Decimals.text(erasing.probability()) + (erasing.noise() ? ":noise" : ""));
    }
    add(parts, "cutout", cutout.side());
    add(parts, "mixup", mixing.mixup());
    add(parts, "cutmix", mixing.cutmix());
    add(parts, "copies", copies == 1 ? 0 : copies);
    return String.join(",", parts);
  }

  private static void add(List<String> parts, String name, double number) {
    if (number > 0) {
      parts.add(name + "=" + Decimals.text(number));
    }
  }
}
