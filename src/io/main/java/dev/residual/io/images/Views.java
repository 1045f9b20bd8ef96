package dev.residual.io.images;

import java.util.ArrayList;
import java.util.List;

/**
 * Squares of an image that a network classifies one by one, and whose probabilities are averaged.
 *
 * @param side of each square
 * @param transforms what makes each of them, in the order in which they are classified
 */
public record Views(int side, List<Transform> transforms) {

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if it is empty
   */
  public Views {
    transforms = List.copyOf(transforms);
    if (transforms.isEmpty()) {
      throw new IllegalArgumentException("no views are given, expected at least one");
    }
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
  public static Views scale(int side) {
    Transforms.side("scale", side);
    return mirrored(
        side, side, Interpolation.BILINEAR, Place.TOP_LEFT, Place.MIDDLE, Place.BOTTOM_RIGHT);
  }

  private static Views mirrored(
      int resize, int crop, Interpolation interpolation, Place... places) {
    List<Transform> views = new ArrayList<>();
    for (Place place : places) {
      views.add(new ResizeCrop(resize, crop, place, interpolation));
    }
    for (Transform plain : List.copyOf(views)) {
      views.add((image, random) -> HorizontalFlip.flip(plain.apply(image, random)));
    }
    return new Views(crop, views);
  }

  /** The number of views of an image. */
  public int count() {
    return transforms.size();
  }
}
