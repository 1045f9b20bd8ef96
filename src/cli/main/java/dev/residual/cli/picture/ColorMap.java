package dev.residual.cli.picture;

import java.awt.Color;

/** A sequence of colours for numbers from 0 to 1, between which lie mixtures. */
enum ColorMap {
  /** From dark blue over green to yellow, as bright as the number is great. */
  VIRIDIS(0x440154, 0x3E4989, 0x26828E, 0x35B779, 0xB4DE2C, 0xFDE725),
  /** From blue over yellow to red, for what is laid over an image. */
  HEAT(0x0000A0, 0x0060FF, 0x20D0C0, 0xFFE020, 0xFF7000, 0xC00000);

  private final int[] stops;

  ColorMap(int... stops) {
    this.stops = stops;
  }

  /** The colour of a number, red, green and blue in 8 bits each. */
  int of(double number) {
    double place = Math.clamp(number, 0, 1) * (stops.length - 1);
    int below = (int) Math.min(place, stops.length - 2);
    return mix(stops[below], stops[below + 1], place - below);
  }

  /** A mixture of two colours, the second of which has this part. */
  static int mix(int first, int second, double part) {
    Color a = new Color(first);
    Color b = new Color(second);
    return new Color(
            between(a.getRed(), b.getRed(), part),
            between(a.getGreen(), b.getGreen(), part),
            between(a.getBlue(), b.getBlue(), part))
        .getRGB();
  }

  private static int between(int first, int second, double part) {
    return (int) Math.round(first + (second - first) * part);
  }
}
