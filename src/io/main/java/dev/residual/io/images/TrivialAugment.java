package dev.residual.io.images;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One change of 14, of one strength of 31, as torchvision's {@code TrivialAugmentWide} makes it
 * from images of Pillow: places without interpolation, black outside (Müller and Hutter 2021).
 */
record TrivialAugment() implements Transform {
  static final int STRENGTHS = 31;

  private static final List<Operation> OPERATIONS = List.of(Operation.values());

  @Override
  public Pixels apply(Pixels image, RandomGenerator random) {
    Operation operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
    int strength = random.nextInt(STRENGTHS);
    boolean negative = random.nextBoolean();
    return apply(image, operation, strength, negative);
  }

  /**
   * One change.
   *
   * @param strength from 0
   * @param negative to the other side, where the change has two
   */
  static Pixels apply(Pixels image, Operation operation, int strength, boolean negative) {
    double part = part(operation.most, strength);
    double signed = negative ? -part : part;
    return switch (operation) {
      case IDENTITY -> image;
      case SHEAR_X -> Affine.shear(signed, 0).apply(image);
      case SHEAR_Y -> Affine.shear(0, signed).apply(image);
      case TRANSLATE_X -> Affine.translation((int) signed, 0).apply(image);
      case TRANSLATE_Y -> Affine.translation(0, (int) signed).apply(image);
      case ROTATE -> Affine.rotation(signed, image.height(), image.width()).apply(image);
      case BRIGHTNESS -> Enhancement.brightness(image, 1 + signed);
      case COLOR -> Enhancement.saturation(image, 1 + signed);
      case CONTRAST -> Enhancement.contrast(image, 1 + signed);
      case SHARPNESS -> Enhancement.sharpness(image, 1 + signed);
      case POSTERIZE -> ColorTables.posterize(image, 8 - (int) Math.rint(part));
      case SOLARIZE -> ColorTables.solarize(image, part(operation.most, STRENGTHS - 1 - strength));
      case AUTO_CONTRAST -> ColorTables.autoContrast(image);
      case EQUALIZE -> ColorTables.equalize(image);
    };
  }

  /**
   * The part of a range that a strength stands for. It is rounded as torch.linspace does: 15 of 30
   * make a translation of 15.999999, which is cut off to 15 pixels.
   */
  private static double part(float most, int strength) {
    float step = most / (STRENGTHS - 1);
    return strength < STRENGTHS / 2
        ? step * strength
        : Math.fma(-step, STRENGTHS - 1 - strength, most);
  }

  /** The changes, in torchvision's order, and their greatest strengths. */
  enum Operation {
    IDENTITY(0),
    SHEAR_X(0.99f),
    SHEAR_Y(0.99f),
    TRANSLATE_X(32),
    TRANSLATE_Y(32),
    ROTATE(135),
    BRIGHTNESS(0.99f),
    COLOR(0.99f),
    CONTRAST(0.99f),
    SHARPNESS(0.99f),
    POSTERIZE(6),
    SOLARIZE(255),
    AUTO_CONTRAST(0),
    EQUALIZE(0);

    private final float most;

    Operation(float most) {
      this.most = most;
    }
  }
}
