package dev.residual.io.data;

import dev.residual.io.images.Pixels;
import dev.residual.io.images.SplitMix;

/** A figure before a background among clutter, in a square of side 1. */
final class Scene {
  /**
   * The least distance of two colours that are to be told apart; that of black and white is 1.7.
   */
  private static final double MIN_CONTRAST = 0.6;

  private static final int CELLS = 5;

  private final SplitMix random;
  private final Figure figure;
  private final double x;
  private final double y;
  private final double scale;
  private final double cos;
  private final double sin;
  private final double stretch;
  private final double[] color;
  private final double[] shade;
  private final double[][] background = new double[(CELLS + 1) * (CELLS + 1)][];
  private final Stroke[] strokes;
  private final double noise;
  private final long noiseKey;

  Scene(Figure figure, SplitMix random) {
    this.random = random;
    this.figure = figure;
    scale = between(0.26, 0.44);
    x = between(0.9 * scale, 1 - 0.9 * scale);
    y = between(0.9 * scale, 1 - 0.9 * scale);
    double angle = between(0, 2 * Math.PI);
    cos = StrictMath.cos(angle);
    sin = StrictMath.sin(angle);
    stretch = between(0.88, 1.12);
    double[] base = {between(0, 1), between(0, 1), between(0, 1)};
    double texture = between(0.02, 0.12);
    for (int i = 0; i < background.length; i++) {
      background[i] = near(base, texture);
    }
    color = apart(base);
    shade = near(color, 0.15);
    strokes = new Stroke[(int) between(0, 5)];
    for (int i = 0; i < strokes.length; i++) {
      double sx = between(0, 1);
      double sy = between(0, 1);
      double reach = between(0, 0.35);
      double turn = between(0, 2 * Math.PI);
      strokes[i] =
          new Stroke(
              sx,
              sy,
              reach * StrictMath.cos(turn),
              reach * StrictMath.sin(turn),
              between(0.008, 0.03),
              apart(base));
    }
    noise = between(0.01, 0.06);
    noiseKey = random.nextLong();
  }

  private double between(double from, double to) {
    return from + (to - from) * (random.nextLong() >>> 11) * 0x1p-53;
  }

  private double[] near(double[] color, double range) {
    return new double[] {
      color[0] + between(-range, range),
      color[1] + between(-range, range),
      color[2] + between(-range, range)
    };
  }

  /** A colour that stands out from another. */
  private double[] apart(double[] other) {
    while (true) {
      double[] color = {between(0, 1), between(0, 1), between(0, 1)};
      double r = color[0] - other[0];
      double g = color[1] - other[1];
      double b = color[2] - other[2];
      if (r * r + g * g + b * b > MIN_CONTRAST * MIN_CONTRAST) {
        return color;
      }
    }
  }

  /** The scene in {@code side x side} pixels. */
  Pixels draw(int side) {
    Canvas canvas = new Canvas(side);
    canvas.fill(background, CELLS);
    double reach = 1.3 * scale;
    canvas.paint(x - reach, y - reach, x + reach, y + reach, this::paintFigure);
    for (Stroke stroke : strokes) {
      stroke.paint(canvas);
    }
    return canvas.toPixels(noise, new SplitMix(noiseKey));
  }

  private void paintFigure(Canvas canvas, int pixel, double u, double v) {
    double dx = (u - x) / scale;
    double dy = (v - y) / scale;
    double fx = (dx * cos + dy * sin) * stretch;
    double fy = (dy * cos - dx * sin) / stretch;
    double distance = figure.distance(fx, fy) * scale;
    canvas.mix(pixel, distance, color, shade, Math.min(Math.max(0, 0.5 + 0.5 * fy), 1));
  }

  /** A line with round ends from (x, y) to (x + dx, y + dy); a dot if it is short. */
  private record Stroke(double x, double y, double dx, double dy, double radius, double[] color) {

    void paint(Canvas canvas) {
      double inverse = 1 / (dx * dx + dy * dy + 1e-9);
      canvas.paint(
          x + Math.min(0, dx) - radius,
          y + Math.min(0, dy) - radius,
          x + Math.max(0, dx) + radius,
          y + Math.max(0, dy) + radius,
          (target, pixel, u, v) -> {
            double px = u - x;
            double py = v - y;
            double t = Math.min(Math.max(0, (px * dx + py * dy) * inverse), 1);
            double qx = px - t * dx;
            double qy = py - t * dy;
            target.mix(pixel, Math.sqrt(qx * qx + qy * qy) - radius, color, color, 0);
          });
    }
  }
}
