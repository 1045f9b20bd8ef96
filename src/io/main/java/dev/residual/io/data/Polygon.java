package dev.residual.io.data;

/** A polygon given by the x and y of its corners. */
final class Polygon implements Figure.Outline {
  private final double[] xy;

  /** For each side the inverse of its squared length; the first ends at the first corner. */
  private final double[] inverse;

  Polygon(double... xy) {
    this.xy = xy;
    inverse = new double[xy.length / 2];
    for (int i = 0; i < xy.length; i += 2) {
      int before = (i + xy.length - 2) % xy.length;
      double dx = xy[i] - xy[before];
      double dy = xy[i + 1] - xy[before + 1];
      inverse[i / 2] = 1 / (dx * dx + dy * dy);
    }
  }

  /** A star with its first point upwards; a regular polygon for a suitable inner radius. */
  static Polygon star(int points, double outer, double inner) {
    double[] xy = new double[4 * points];
    for (int i = 0; i < 2 * points; i++) {
      double radius = i % 2 == 0 ? outer : inner;
      double angle = Math.PI * i / points;
      xy[2 * i] = radius * StrictMath.sin(angle);
      xy[2 * i + 1] = -radius * StrictMath.cos(angle);
    }
    return new Polygon(xy);
  }

  @Override
  public double distance(double x, double y) {
    double nearest = Double.MAX_VALUE;
    boolean inside = false;
    double x0 = xy[xy.length - 2] - x;
    double y0 = xy[xy.length - 1] - y;
    for (int i = 0; i < xy.length; i += 2) {
      double x1 = xy[i] - x;
      double y1 = xy[i + 1] - y;
      double dx = x1 - x0;
      double dy = y1 - y0;
      double t = Math.min(Math.max(0, -(x0 * dx + y0 * dy) * inverse[i / 2]), 1);
      double px = x0 + t * dx;
      double py = y0 + t * dy;
      nearest = Math.min(nearest, px * px + py * py);
      if (y0 > 0 != y1 > 0 && (x0 * dy - y0 * dx) * (dy > 0 ? 1 : -1) > 0) {
        inside = !inside;
      }
      x0 = x1;
      y0 = y1;
    }
    return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
  }
}
