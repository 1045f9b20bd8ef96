package dev.residual.graph;

import java.util.stream.IntStream;

/**
 * The sliding window of a convolution or a pooling: kernel extents, strides, padding, dilation.
 *
 * <p>A dilation of 1 means that kernel elements are adjacent (PyTorch's convention; oneDNN counts
 * from 0).
 *
 * @param kernelH kernel height
 * @param kernelW kernel width
 * @param strideH vertical step
 * @param strideW horizontal step
 * @param padTop rows of padding above
 * @param padLeft columns of padding to the left
 * @param padBottom rows of padding below
 * @param padRight columns of padding to the right
 * @param dilationH vertical distance of kernel elements
 * @param dilationW horizontal distance of kernel elements
 */
public record Window(
    int kernelH,
    int kernelW,
    int strideH,
    int strideW,
    int padTop,
    int padLeft,
    int padBottom,
    int padRight,
    int dilationH,
    int dilationW) {

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a kernel extent, stride or dilation is below 1, or a
   *     padding is negative
   */
  public Window {
    if (Math.min(Math.min(kernelH, kernelW), Math.min(strideH, strideW)) < 1
        || Math.min(dilationH, dilationW) < 1
        || Math.min(Math.min(padTop, padLeft), Math.min(padBottom, padRight)) < 0) {
      throw new IllegalArgumentException(
          "window: kernel %dx%d, stride %dx%d and dilation %dx%d must be at least 1, padding %d %d %d %d at least 0"
              .formatted(
                  kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft,
                  padBottom, padRight));
    }
  }

  /** A square window with equal padding on all sides and no dilation. */
  public static Window square(int kernel, int stride, int pad) {
    return new Window(kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1);
  }

  /** This window with another dilation in both directions. */
  public Window dilated(int dilation) {
    return new Window(
        kernelH, kernelW, strideH, strideW, padTop, padLeft, padBottom, padRight, dilation,
        dilation);
  }

  /**
   * This window with as much more padding below and to the right as lets its last positions reach
   * over the edge, as PyTorch's {@code ceil_mode} does: none of them begins there.
   */
  public Window covering(int height, int width) {
    int bottom = excess((long) height + padTop, padBottom, kernelH, dilationH, strideH);
    int right = excess((long) width + padLeft, padRight, kernelW, dilationW, strideW);
    return new Window(
        kernelH,
        kernelW,
        strideH,
        strideW,
        padTop,
        padLeft,
        padBottom + bottom,
        padRight + right,
        dilationH,
        dilationW);
  }

  private static int excess(long end, int after, int kernel, int dilation, int stride) {
    long padded = end + after;
    long extent = (kernel - 1L) * dilation + 1;
    if (padded < extent) {
      return 0;
    }
    long last = Math.ceilDiv(padded - extent, stride) * stride;
    return Math.toIntExact(Math.max(0, (last < end ? last : last - stride) + extent - padded));
  }

  /** The number of kernel elements. */
  public long kernelElements() {
    return (long) kernelH * kernelW;
  }

  /** Whether the window moves by more than one element in a direction. */
  public boolean isStrided() {
    return strideH > 1 || strideW > 1;
  }

  /** The largest of its numbers. */
  public int largest() {
    return IntStream.of(
            kernelH, kernelW, strideH, strideW, padTop, padLeft, padBottom, padRight, dilationH,
            dilationW)
        .max()
        .orElseThrow();
  }

  /** The number of vertical window positions over this height; below 1 if the window is larger. */
  public int outH(int height) {
    return positions((long) height + padTop + padBottom, kernelH, dilationH, strideH);
  }

  /** The number of horizontal window positions over this width; below 1 if the window is larger. */
  public int outW(int width) {
    return positions((long) width + padLeft + padRight, kernelW, dilationW, strideW);
  }

  private int positions(long padded, int kernel, int dilation, int stride) {
    long extent = (kernel - 1L) * dilation + 1;
    long positions = padded < extent ? 0 : (padded - extent) / stride + 1;
    if (positions > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "window %s has %d positions, more than an extent counts".formatted(this, positions));
    }
    return (int) positions;
  }

  @Override
  public String toString() {
    return "k%dx%d s%dx%d p%d,%d,%d,%d d%dx%d"
        .formatted(
            kernelH, kernelW, strideH, strideW, padTop, padLeft, padBottom, padRight, dilationH,
            dilationW);
  }
}
