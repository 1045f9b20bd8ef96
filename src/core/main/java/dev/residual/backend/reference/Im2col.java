package dev.residual.backend.reference;

import dev.residual.graph.Span;
import dev.residual.graph.Value;
import dev.residual.graph.Window;

/**
 * The relation between an image plane h w and, for one element of the kernel, the column of image
 * elements that it meets at all window positions, oh ow.
 */
record Im2col(Window window, int h, int w, int oh, int ow) {

  static Im2col of(Value src, Value dst, Window window) {
    return new Im2col(
        window, src.shape().dim(2), src.shape().dim(3), dst.shape().dim(2), dst.shape().dim(3));
  }

  /** The elements of an image plane. */
  int plane() {
    return h * w;
  }

  /** The elements of a column. */
  int positions() {
    return oh * ow;
  }

  /** The row of the image that a row of the kernel meets; outside the image it is padding. */
  int y(int oy, int ky) {
    return oy * window.strideH() - window.padTop() + ky * window.dilationH();
  }

  /** The column of the image that a column of the kernel meets. */
  int x(int ox, int kx) {
    return ox * window.strideW() - window.padLeft() + kx * window.dilationW();
  }

  /** Runs of window positions within a column: memory that is written again and again. */
  static final class Runs {
    private final int[] first;
    private final int[] count;
    private int size;

    Runs(Im2col im2col) {
      first = new int[im2col.oh];
      count = new int[im2col.oh];
    }

    int size() {
      return size;
    }

    int first(int run) {
      return first[run];
    }

    int count(int run) {
      return count[run];
    }

    private void add(int from, int positions) {
      first[size] = from;
      count[size++] = positions;
    }
  }

  /** Finds the window positions at which a kernel element meets the image. */
  void find(int ky, int kx, Runs runs) {
    long up = (long) window.padTop() - (long) ky * window.dilationH();
    long left = (long) window.padLeft() - (long) kx * window.dilationW();
    int top = first(up, window.strideH(), oh);
    int bottom = first(up + h, window.strideH(), oh);
    int first = first(left, window.strideW(), ow);
    int count = first(left + w, window.strideW(), ow) - first;
    runs.size = 0;
    if (count == ow && bottom > top) {
      runs.add(top * ow, (bottom - top) * ow);
      return;
    }
    for (int oy = top; oy < bottom && count > 0; oy++) {
      runs.add(oy * ow + first, count);
    }
  }

  /** The first position that begins at or after an element, as far as there are any. */
  private static int first(long element, int stride, int positions) {
    return (int) Math.clamp(Math.ceilDiv(element, stride), 0L, positions);
  }

  /** The rows of the kernel that meet the image at a window position. */
  Span rows(int oy) {
    return Span.rows(window, oy, h);
  }

  /** The columns of the kernel that meet the image at a window position. */
  Span columns(int ox) {
    return Span.columns(window, ox, w);
  }

  boolean inside(int y, int x) {
    return y >= 0 && y < h && x >= 0 && x < w;
  }

  /** Copies what a kernel element meets in the plane at an offset; zeros where it meets padding. */
  void gather(double[] src, int offset, int ky, int kx, double[] column) {
    for (int oy = 0; oy < oh; oy++) {
      int y = y(oy, ky);
      for (int ox = 0; ox < ow; ox++) {
        int x = x(ox, kx);
        column[oy * ow + ox] = inside(y, x) ? src[offset + y * w + x] : 0;
      }
    }
  }

  /** Adds a column to the elements of a plane that {@link #gather} would take it from. */
  void scatter(double[] column, int ky, int kx, double[] dst, int offset) {
    for (int oy = 0; oy < oh; oy++) {
      int y = y(oy, ky);
      for (int ox = 0; ox < ow; ox++) {
        int x = x(ox, kx);
        if (inside(y, x)) {
          dst[offset + y * w + x] += column[oy * ow + ox];
        }
      }
    }
  }
}
