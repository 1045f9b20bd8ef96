package dev.residual.io.training;

import dev.residual.io.images.Augmentation;
import dev.residual.io.images.TestViews;
import dev.residual.train.RecipePreset;

/**
 * What is done to images by a {@link RecipePreset}.
 *
 * @param augmentation the changes by chance in training
 * @param testViews what the result is measured by, beside each epoch by the image alone
 */
public record ImagePreset(Augmentation augmentation, TestViews testViews) {
  /** What is done where no preset says otherwise. */
  static final ImagePreset NONE = of(Augmentation.STANDARD);

  /** From so many epochs on, a network sees an image often enough to bear strong changes of it. */
  private static final int LONG = 60;

  private static final int VERY_LONG = 150;

  /**
   * What goes with a recipe.
   *
   * @param epochs of the training
   */
  public static ImagePreset of(RecipePreset preset, int epochs) {
    return switch (preset) {
      case PAPER_CIFAR, PAPER_IMAGENET -> of(Augmentation.PAPER);
      case FAST_CIFAR ->
          new ImagePreset(
              Augmentation.parse("none,flip=alternating,translate=2"), TestViews.SHIFTS);
      case MODERN -> of(modern(epochs));
      case FINE_TUNE -> of(Augmentation.STANDARD);
    };
  }

  private static Augmentation modern(int epochs) {
    return epochs < LONG
        ? Augmentation.STANDARD
        : Augmentation.parse(
            "standard,trivial,erase=0.1" + (epochs < VERY_LONG ? "" : ",mixup=0.2,cutmix=1"));
  }

  private static ImagePreset of(Augmentation augmentation) {
    return new ImagePreset(augmentation, TestViews.IMAGE);
  }
}
