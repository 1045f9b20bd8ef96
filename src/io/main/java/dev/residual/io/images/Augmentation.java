package dev.residual.io.images;

import java.util.Locale;

/** The random changes of images for training. */
public enum Augmentation {
  /** Small images: crops after padding, mirroring; large ones: parts of any size, mirroring. */
  STANDARD,
  /** As the standard, and brightness, contrast, saturation and light. */
  COLOR,
  /** Large images as in "Deep Residual Learning", section 3.4; small ones as the standard. */
  PAPER,
  /** Nothing. */
  NONE;

  /** The transform for a network with inputs of this side. */
  public Transform transform(int side) {
    return switch (this) {
      case STANDARD -> Transforms.training(side);
      case COLOR ->
          Transforms.pipeline(
              Transforms.training(side),
              Transforms.colorJitter(0.4, 0.4, 0.4),
              Transforms.lightingNoise(0.1));
      case PAPER ->
          side <= 64
              ? Transforms.training(side)
              : Transforms.pipeline(
                  Transforms.scaleJitter(side * 8 / 7, side * 15 / 7, side),
                  Transforms.horizontalFlip(),
                  Transforms.lightingNoise(0.1));
      case NONE -> Transforms.evaluation(side);
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
