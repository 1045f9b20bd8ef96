package dev.residual.io.images;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The transforms that training and evaluation of residual networks use.
 *
 * <p>Sizes and roundings are torchvision's, resizing is Pillow's, antialiased and bilinear if not
 * said otherwise, both to the last bit, so that published weights see what they were measured with.
 */
public final class Transforms {
  private static final Pattern RESIZE_CROP =
      Pattern.compile("resize(\\d{1,5})-crop(\\d{1,5})(-bicubic)?");
  private static final Pattern CROP = Pattern.compile("crop(\\d{1,5})");

  /** The largest side a network is fed with. */
  public static final int MAX_SIDE = 2048;

  private Transforms() {}

  /**
   * The evaluation transform of this text: {@code resizeR-cropC} (the shorter side to R, then the
   * middle square of C), which may end in {@code -bicubic}, {@code cropC}, {@code none}, or what
   * torchvision's sets of weights for ImageNet were measured with: {@code IMAGENET1K_V1} is
   * resize256-crop224, {@code IMAGENET1K_V2} resize232-crop224.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Transform parse(String text) {
    Matcher matcher = RESIZE_CROP.matcher(text);
    if (matcher.matches()) {
      return resizeCrop(
          Integer.parseInt(matcher.group(1)),
          Integer.parseInt(matcher.group(2)),
          matcher.group(3) == null ? Interpolation.BILINEAR : Interpolation.BICUBIC);
    }
    matcher = CROP.matcher(text);
    if (matcher.matches()) {
      return centerCrop(Integer.parseInt(matcher.group(1)));
    }
    return switch (text) {
      case "none" -> none();
      case "IMAGENET1K_V1" -> resizeCrop(256, 224);
      case "IMAGENET1K_V2" -> resizeCrop(232, 224);
      default -> throw unknown(text);
    };
  }

  private static IllegalArgumentException unknown(String text) {
    return new IllegalArgumentException(
        "transform '%s' is not known; examples: resize256-crop224, crop224, IMAGENET1K_V2, none"
            .formatted(text));
  }

  /** Images as they are. */
  public static Transform none() {
    return (image, random) -> image;
  }

  /** The whole image in this size, whatever its proportions are. */
  public static Transform resize(int height, int width) {
    return resize(height, width, Interpolation.BILINEAR);
  }

  /** The whole image in this size, whatever its proportions are. */
  public static Transform resize(int height, int width, Interpolation interpolation) {
    Box whole = new Box(0, 0, side("height", height), side("width", width));
    return (image, random) ->
        Resampling.resize(image, Box.of(image), height, width, whole, interpolation);
  }

  /** The shorter side to {@code resize}, then the middle square of side {@code crop}. */
  public static Transform resizeCrop(int resize, int crop) {
    return resizeCrop(resize, crop, Interpolation.BILINEAR);
  }

  /** The shorter side to {@code resize}, then the middle square of side {@code crop}. */
  public static Transform resizeCrop(int resize, int crop, Interpolation interpolation) {
    return new ResizeCrop(side("resize", resize), side("crop", crop), Place.MIDDLE, interpolation);
  }

  /** The middle square; smaller images get a black border. */
  public static Transform centerCrop(int crop) {
    return new CenterCrop(side("crop", crop));
  }

  /** A square at a random place of the image with a black border of {@code padding} pixels. */
  public static Transform randomCrop(int crop, int padding) {
    if (padding < 0 || padding > MAX_SIDE) {
      throw new IllegalArgumentException("padding is " + padding + ", expected 0 to " + MAX_SIDE);
    }
    return new RandomCrop(side("crop", crop), padding);
  }

  /** A random part of 8 to 100 % of the area and of ratio 3:4 to 4:3, resized to a square. */
  public static Transform randomResizedCrop(int crop) {
    return randomResizedCrop(crop, Interpolation.BILINEAR);
  }

  private static Transform randomResizedCrop(int crop, Interpolation interpolation) {
    return new RandomResizedCrop(side("crop", crop), 0.08, 4.0 / 3, interpolation);
  }

  /**
   * The shorter side to a random length, then a random square: He et al. use 256, 480 and 224.
   *
   * @throws IllegalArgumentException unless {@code crop <= min <= max}
   */
  public static Transform scaleJitter(int min, int max, int crop) {
    return scaleJitter(min, max, crop, Interpolation.BILINEAR);
  }

  static Transform scaleJitter(int min, int max, int crop, Interpolation interpolation) {
    if (side("crop", crop) > side("min", min) || min > side("max", max)) {
      throw new IllegalArgumentException(
          "scale jitter from %d to %d with a crop of %d: expected crop <= min <= max"
              .formatted(min, max, crop));
    }
    return new ScaleJitter(min, max, crop, interpolation);
  }

  /** Left and right exchanged with probability one half. */
  public static Transform horizontalFlip() {
    return new HorizontalFlip();
  }

  /** Random brightness, contrast and saturation, each by a factor between 1 - x and 1 + x. */
  public static Transform colorJitter(double brightness, double contrast, double saturation) {
    return new ColorJitter(brightness, contrast, saturation, 0);
  }

  /** One of 14 changes of places or colours, of one of 31 strengths: TrivialAugment Wide. */
  public static Transform trivialAugment() {
    return new TrivialAugment();
  }

  /** The image moved by up to so many pixels each way, and reflected at its edges. */
  public static Transform randomTranslation(int pixels) {
    return new RandomTranslation(pixels);
  }

  /** Random shifts along the principal axes of ImageNet's colours; AlexNet's strength is 0.1. */
  public static Transform lightingNoise(double std) {
    return new LightingNoise(within("std", std, 1));
  }

  /** These transforms one after the other. */
  public static Transform pipeline(Transform... transforms) {
    List<Transform> steps = List.of(transforms);
    return (image, random) -> {
      Pixels result = image;
      for (Transform step : steps) {
        result = step.apply(result, random);
      }
      return result;
    };
  }

  /**
   * The usual augmentation for a network with inputs of this side: up to 64 a random crop out of
   * the image with a border of an eighth (4 pixels for CIFAR), above a random resized crop; then a
   * horizontal flip.
   */
  public static Transform training(int side) {
    return pipeline(trainingCrop(side, Interpolation.BILINEAR), horizontalFlip());
  }

  static Transform trainingCrop(int side, Interpolation interpolation) {
    return side <= 64
        ? pipeline(resizeCrop(side, side, interpolation), randomCrop(side, side / 8))
        : randomResizedCrop(side, interpolation);
  }

  /**
   * The usual evaluation for a network with inputs of this side: up to 64 the whole image, above
   * the middle after resizing to 8/7 of the side ({@code resize256-crop224}).
   */
  public static Transform evaluation(int side) {
    return evaluation(side, Interpolation.BILINEAR);
  }

  /** The usual evaluation as {@link #evaluation(int)}, with another interpolation. */
  public static Transform evaluation(int side, Interpolation interpolation) {
    return resizeCrop(shorter(side), side, interpolation);
  }

  /** The text of {@link #evaluation(int, Interpolation)}, as {@link #parse} takes it. */
  public static String evaluationText(int side, Interpolation interpolation) {
    return "resize%d-crop%d%s"
        .formatted(shorter(side), side, interpolation == Interpolation.BICUBIC ? "-bicubic" : "");
  }

  private static int shorter(int side) {
    return side <= 64 ? side : (side * 8 + 6) / 7;
  }

  static int side(String name, int side) {
    if (side < 1 || side > MAX_SIDE) {
      throw new IllegalArgumentException(
          "%s is %d, expected 1 to %d".formatted(name, side, MAX_SIDE));
    }
    return side;
  }

  static double within(String name, double number, double most) {
    if (!(number >= 0 && number <= most)) {
      throw new IllegalArgumentException(
          "%s is %s, expected 0 to %s".formatted(name, Decimals.text(number), Decimals.text(most)));
    }
    return number;
  }
}
