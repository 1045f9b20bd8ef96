package dev.residual.io.data;

/** The figures of the built-in data set, about two units wide around the origin; y grows down. */
enum Figure {
  ARROW(
      new Polygon(
          0, -1, 0.75, -0.15, 0.3, -0.15, 0.3, 0.95, -0.3, 0.95, -0.3, -0.15, -0.75, -0.15)),
  CIRCLE((x, y) -> length(x, y) - 0.85),
  CRESCENT((x, y) -> Math.max(length(x + 0.1, y) - 0.95, 0.75 - length(x - 0.42, y))),
  CROSS(
      new Polygon(
          -0.3, -0.95, 0.3, -0.95, 0.3, -0.3, 0.95, -0.3, 0.95, 0.3, 0.3, 0.3, 0.3, 0.95, -0.3,
          0.95, -0.3, 0.3, -0.95, 0.3, -0.95, -0.3, -0.3, -0.3)),
  ELLIPSE((x, y) -> (length(x / 1.0, y / 0.5) - 1) * 0.6),
  HEART(
      (x, y) -> {
        double u = Math.abs(x);
        double lobe = length(u - 0.44, y + 0.35) - 0.5;
        // A tangent of the lobe, from where it touches down to the tip.
        double tangent = 0.8 * u + 0.6 * y - 0.642;
        double above = Math.max(0.6 * (u - 0.44) - 0.8 * (y + 0.35), -y - 0.55);
        double tip = Math.max(tangent, above);
        return Math.min(lobe, tip);
      }),
  RING((x, y) -> Math.abs(length(x, y) - 0.72) - 0.2),
  SQUARE((x, y) -> Math.max(Math.abs(x), Math.abs(y)) - 0.74),
  STAR(Polygon.star(5, 1, 0.42)),
  TRIANGLE(Polygon.star(3, 1, 0.5));

  private final Outline outline;

  Figure(Outline outline) {
    this.outline = outline;
  }

  /** About the distance of a point to the outline, negative inside. */
  double distance(double x, double y) {
    return outline.distance(x, y);
  }

  private static double length(double x, double y) {
    return Math.sqrt(x * x + y * y);
  }

  /** A closed curve. */
  interface Outline {
    double distance(double x, double y);
  }
}
