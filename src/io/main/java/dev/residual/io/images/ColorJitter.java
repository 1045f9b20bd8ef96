package dev.residual.io.images;

import java.util.random.RandomGenerator;

/**
 * Random brightness, contrast, saturation and hue in random order, as torchvision's {@code
 * ColorJitter} for images of Pillow.
 *
 * @param brightness the share of the image, beside black, is between 1 - x and 1 + x; 0 to 1
 * @param contrast likewise beside its mean grey
 * @param saturation likewise beside its grey version
 * @param hue the circle of colours is turned by -x to x of it; 0 to 0.5
 */
public record ColorJitter(double brightness, double contrast, double saturation, double hue)
    implements Transform {
  /** No change. */
  public static final ColorJitter NONE = new ColorJitter(0, 0, 0, 0);

  private static final int STEPS = 4;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  public ColorJitter {
    Transforms.within("brightness", brightness, 1);
    Transforms.within("contrast", contrast, 1);
    Transforms.within("saturation", saturation, 1);
    Transforms.within("hue", hue, 0.5);
  }

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    int[] order = {0, 1, 2, 3};
    for (int i = STEPS - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    Pixels result = image;
    for (int step : order) {
      double shift = 2 * random.nextDouble() - 1;
      result =
          switch (step) {
            case 0 -> Enhancement.brightness(result, 1 + brightness * shift);
            case 1 -> Enhancement.contrast(result, 1 + contrast * shift);
            case 2 -> Enhancement.saturation(result, 1 + saturation * shift);
            // Eight bits of hue would change the image a little.
            default -> hue == 0 ? result : Hue.shift(result, hue * shift);
          };
    }
    return result;
  }
}
