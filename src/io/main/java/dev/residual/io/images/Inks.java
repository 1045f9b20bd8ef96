package dev.residual.io.images;

/** Samples that are not red, green and blue, made so as Pillow does it. */
final class Inks {
  private Inks() {}

  /** Three equal colours for each sample. */
  static byte[] fromGrey(ImageSize size, byte[] grey) {
    byte[] rgb = size.rgb();
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = grey[i / 3];
    }
    return rgb;
  }

  /** Cyan, magenta, yellow and black, as JPEG files hold them: 255 is none. */
  static byte[] fromInverted(ImageSize size, byte[] inks) {
    byte[] rgb = size.rgb();
    for (int from = 0, to = 0; to < rgb.length; from += 4) {
      int light = inks[from + 3] & 0xFF;
      for (int c = 0; c < 3; c++) {
        int product = (255 - (inks[from + c] & 0xFF)) * light + 128;
        rgb[to++] = (byte) Math.max(0, light - (((product >> 8) + product) >> 8));
      }
    }
    return rgb;
  }
}
