package dev.residual.io.images;

/** Cyan, magenta, yellow and black as red, green and blue, by the formula of Pillow. */
final class Inks {
  private Inks() {}

  /** Writes the colours of one pixel, whose inks are inverted: 255 is none. */
  static void writeInverted(byte[] inks, int from, byte[] rgb, int to) {
    int light = inks[from + 3] & 0xFF;
    for (int c = 0; c < 3; c++) {
      int product = (255 - (inks[from + c] & 0xFF)) * light + 128;
      rgb[to + c] = (byte) Math.max(0, light - (((product >> 8) + product) >> 8));
    }
  }
}
