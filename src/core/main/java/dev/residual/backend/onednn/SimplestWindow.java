package dev.residual.backend.onednn;

import dev.residual.graph.Window;

/**
 * The simplest of the windows that see the same elements of an image: oneDNN computes wrongly with
 * strides that never move a window, and with a dilation between the elements of a single one.
 */
final class SimplestWindow {
  private SimplestWindow() {}

  /** The window over an image of this size. */
  static Window of(Window window, int height, int width) {
    boolean isRow = window.outH(height) == 1;
    boolean isColumn = window.outW(width) == 1;
    int dilationH = window.kernelH() == 1 ? 1 : window.dilationH();
    int dilationW = window.kernelW() == 1 ? 1 : window.dilationW();
    int bottom = padEnd(height, window.kernelH(), dilationH, window.padTop());
    int right = padEnd(width, window.kernelW(), dilationW, window.padLeft());
    return new Window(
        window.kernelH(),
        window.kernelW(),
        isRow && bottom >= 0 ? 1 : window.strideH(),
        isColumn && right >= 0 ? 1 : window.strideW(),
        window.padTop(),
        window.padLeft(),
        isRow && bottom >= 0 ? bottom : window.padBottom(),
        isColumn && right >= 0 ? right : window.padRight(),
        dilationH,
        dilationW);
  }

  /** The padding after an extent with which its window has one position; negative if without. */
  private static int padEnd(int extent, int kernel, int dilation, int pad) {
    return Math.toIntExact((kernel - 1L) * dilation + 1 - extent - pad);
  }
}
