package dev.residual.io.images;

/**
 * Turning of the circle of colours.
 *
 * <p>Hue, saturation and value have 8 bits each on the way, so that an image changes a little by a
 * turn of 0, too. Pixels are those of torchvision's {@code adjust_hue} for images of Pillow.
 */
final class Hue {
  private Hue() {}

  /**
   * The image with another hue.
   *
   * @param turn a part of the circle, -0.5 to 0.5
   */
  static Pixels shift(Pixels image, double turn) {
    // Numbers below 0 wrap around.
    int shift = (int) (turn * 255) & 0xFF;
    byte[] src = image.rgb();
    byte[] dst = new byte[src.length];
    for (int i = 0; i < src.length; i += 3) {
      int red = src[i] & 0xFF;
      int green = src[i + 1] & 0xFF;
      int blue = src[i + 2] & 0xFF;
      int value = Math.max(red, Math.max(green, blue));
      int range = value - Math.min(red, Math.min(green, blue));
      int saturation = range == 0 ? 0 : (int) ((float) range / value * 255.0);
      int hue = range == 0 ? 0 : hue(red, green, blue, value, range);
      write((hue + shift) & 0xFF, saturation, value, dst, i);
    }
    return new Pixels(image.height(), image.width(), dst);
  }

  private static int hue(int red, int green, int blue, int value, float range) {
    float toRed = (value - red) / range;
    float toGreen = (value - green) / range;
    float toBlue = (value - blue) / range;
    float sixth =
        red == value
            ? toBlue - toGreen
            : (float) (green == value ? 2.0 + toRed - toBlue : 4.0 + toGreen - toRed);
    float hue = (float) ((sixth / 6.0 + 1.0) % 1.0);
    return (int) (hue * 255.0);
  }

  private static void write(int hue, int saturation, int value, byte[] dst, int i) {
    int sixth = (int) (hue * 6.0 / 255.0);
    float rest = (float) (hue * 6.0 / 255.0 - sixth);
    float share = (float) (saturation / 255.0);
    int low = round(value * (1.0 - share));
    int falling = round(value * (1.0 - share * rest));
    int rising = round(value * (1.0 - share * (1.0 - rest)));
    switch (sixth % 6) {
      case 0 -> set(dst, i, value, rising, low);
      case 1 -> set(dst, i, falling, value, low);
      case 2 -> set(dst, i, low, value, rising);
      case 3 -> set(dst, i, low, falling, value);
      case 4 -> set(dst, i, rising, low, value);
      default -> set(dst, i, value, low, falling);
    }
  }

  private static int round(double number) {
    return (int) Math.floor(number + 0.5);
  }

  private static void set(byte[] dst, int i, int red, int green, int blue) {
    dst[i] = (byte) red;
    dst[i + 1] = (byte) green;
    dst[i + 2] = (byte) blue;
  }
}
