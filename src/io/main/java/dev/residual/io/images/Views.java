package dev.residual.io.images;

import dev.residual.train.ViewAverage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Squares of an image that a network classifies one by one, and whose answers are averaged.
 *
 * @param side of each square
 * @param transforms what makes each of them, in the order in which they are classified
 * @param weights of each of them in the average
 * @param average what is averaged
 */
public record Views(
    int side, List<Transform> transforms, List<Double> weights, ViewAverage average) {

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if they are empty, or of different lengths
   */
  public Views {
    transforms = List.copyOf(transforms);
    weights = List.copyOf(weights);
    if (transforms.isEmpty() || weights.size() != transforms.size()) {
      throw new IllegalArgumentException(
          "%d views with %d weights are given, expected at least one and as many"
              .formatted(transforms.size(), weights.size()));
    }
  }

  /**
   * Views of equal weights, whose probabilities are averaged.
   *
   * @throws IllegalArgumentException if there are none
   */
  public Views(int side, List<Transform> transforms) {
    this(side, transforms, Collections.nCopies(transforms.size(), 1.0), ViewAverage.PROBABILITIES);
  }

  /**
   * The image alone.
   *
   * @param transform what brings it to its size: resizeR-cropC or cropC
   * @throws IllegalArgumentException if it is another
   */
  public static Views image(Transform transform) {
    return new Views(side(transform), List.of(transform));
  }

  /**
   * The image and its mirror image.
   *
   * @param transform what brings the image to its size: resizeR-cropC or cropC
   * @throws IllegalArgumentException if it is another
   */
  public static Views flip(Transform transform) {
    return new Views(side(transform), withMirrorImages(List.of(transform)));
  }

  /**
   * The image, and the image moved by one pixel to the right and down and to the left and up,
   * reflected at its edges, which have half the weight; each with its mirror image. Logits are
   * averaged. Source: Keller Jordan, "94% on CIFAR-10 in 3.29 Seconds", 2024.
   *
   * @param transform what brings the image to its size: resizeR-cropC or cropC
   * @throws IllegalArgumentException if it is another
   */
  public static Views shifts(Transform transform) {
    List<Transform> views = List.of(transform, moved(transform, 1), moved(transform, -1));
    List<Double> weights = List.of(0.25, 0.125, 0.125, 0.25, 0.125, 0.125);
    return new Views(side(transform), withMirrorImages(views), weights, ViewAverage.LOGITS);
  }

  private static Transform moved(Transform transform, int pixels) {
    return (image, random) -> transform.apply(image, random).translate(pixels, pixels);
  }

  private static List<Transform> withMirrorImages(List<Transform> plain) {
    List<Transform> views = new ArrayList<>(plain);
    for (Transform one : plain) {
      views.add((image, random) -> HorizontalFlip.flip(one.apply(image, random)));
    }
    return views;
  }

  private static int side(Transform transform) {
    return switch (transform) {
      case ResizeCrop sides -> sides.crop();
      case CenterCrop sides -> sides.crop();
      default ->
          throw new IllegalArgumentException(
              "views need a transform resizeR-cropC or cropC, such as resize256-crop224");
    };
  }

  /**
   * Ten crops: the corners and the middle of the image, as they are and mirrored. Source:
   * Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", 4.1;
   * torchvision's {@code TenCrop}.
   *
   * @param resize what the shorter side of the image becomes, at least crop
   * @param crop the side of the squares
   * @throws IllegalArgumentException if resize is less than crop, or one is out of range
   */
  public static Views tenCrop(int resize, int crop) {
    return tenCrop(resize, crop, Interpolation.BILINEAR);
  }

  private static Views tenCrop(int resize, int crop, Interpolation interpolation) {
    if (Transforms.side("resize", resize) < Transforms.side("crop", crop)) {
      throw new IllegalArgumentException(
          "ten crops of side %d, but a shorter side of %d: expected no less"
              .formatted(crop, resize));
    }
    return mirrored(
        resize,
        crop,
        interpolation,
        Place.TOP_LEFT,
        Place.TOP_RIGHT,
        Place.BOTTOM_LEFT,
        Place.BOTTOM_RIGHT,
        Place.MIDDLE);
  }

  /**
   * Ten crops of the sides that a transform has.
   *
   * @param transform that {@link Transforms#resizeCrop} made
   * @throws IllegalArgumentException if it is another, or its shorter side is less than its crop
   */
  public static Views tenCrop(Transform transform) {
    if (transform instanceof ResizeCrop sides) {
      return tenCrop(sides.resize(), sides.crop(), sides.interpolation());
    }
    throw new IllegalArgumentException(
        "ten crops need a transform resizeR-cropC, such as resize256-crop224");
  }

  /**
   * One scale of multi-scale testing: the squares at both ends and in the middle of the longer
   * side, as they are and mirrored. Source: He et al., "Deep Residual Learning for Image
   * Recognition", 3.4, where a fully convolutional network sees the whole image; for a side ratio
   * of up to 3:1 these squares show all of it, too.
   *
   * @param side what the shorter side of the image becomes, and the side of the squares
   * @throws IllegalArgumentException if it is out of range
   */
  public static Views scale(int side, Interpolation interpolation) {
    Transforms.side("scale", side);
    return mirrored(side, side, interpolation, Place.TOP_LEFT, Place.MIDDLE, Place.BOTTOM_RIGHT);
  }

  private static Views mirrored(
      int resize, int crop, Interpolation interpolation, Place... places) {
    List<Transform> views = new ArrayList<>();
    for (Place place : places) {
      views.add(new ResizeCrop(resize, crop, place, interpolation));
    }
    return new Views(crop, withMirrorImages(views));
  }

  /** The number of views of an image. */
  public int count() {
    return transforms.size();
  }
}
