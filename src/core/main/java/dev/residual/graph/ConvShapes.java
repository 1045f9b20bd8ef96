package dev.residual.graph;

import dev.residual.tensor.Shape;

/** Shape inference shared by convolutions, their gradients and poolings. */
final class ConvShapes {
  private ConvShapes() {}

  static Shape dst(String kind, Value src, int channels, Window window) {
    Check check = new Check(kind);
    check.rank(src, 4);
    int h = window.outH(src.shape().dim(2));
    int w = window.outW(src.shape().dim(3));
    check.that(h > 0 && w > 0, "window %s is larger than the padded %s", window, src);
    return Shape.of(src.shape().dim(0), channels, h, w);
  }

  static void check(String kind, Value src, Value weights, Value dst, Window window, int groups) {
    checkGeometry(kind, src, weights, dst, window, groups);
    Check check = new Check(kind);
    check.floating(src);
    check.sameType(src, dst);
  }

  static void checkGeometry(
      String kind, Value src, Value weights, Value dst, Window window, int groups) {
    Check check = new Check(kind);
    check.rank(src, 4);
    check.rank(weights, 4);
    check.rank(dst, 4);
    int in = src.shape().dim(1);
    int out = weights.shape().dim(0);
    check.that(
        groups >= 1 && in % groups == 0 && out % groups == 0,
        "%d groups must divide the %d input and %d output channels of %s and %s",
        groups,
        in,
        out,
        src,
        weights);
    check.shape(
        weights,
        Shape.of(out, in / groups, window.kernelH(), window.kernelW()),
        "for " + src + ", " + groups + " groups and window " + window);
    check.shape(dst, dst(kind, src, out, window), "for " + src + " and window " + window);
  }

  static void checkPool(String kind, Value src, Value dst, Window window) {
    Check check = new Check(kind);
    check.rank(src, 4);
    check.floating(src);
    check.sameType(src, dst);
    check.shape(
        dst, dst(kind, src, src.shape().dim(1), window), "for " + src + " and window " + window);
  }

  static long macs(Value weights, Value dst) {
    return dst.shape().elements() / dst.shape().dim(1) * weights.shape().elements();
  }
}
