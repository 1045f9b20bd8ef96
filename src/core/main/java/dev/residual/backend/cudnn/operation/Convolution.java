package dev.residual.backend.cudnn.operation;

/**
 * How the window of a convolution moves: cuDNN's convolution descriptor of a cross-correlation of
 * images.
 *
 * <p>Groups are not told here: they follow from the channels of image and filter.
 *
 * @param strideH the rows from one place of the window to the next
 * @param strideW the columns
 * @param padTop rows of zeros above the image
 * @param padBottom rows of zeros below
 * @param padLeft columns of zeros before
 * @param padRight columns of zeros behind
 * @param dilationH the rows from one element of the window to the next
 * @param dilationW the columns
 */
public record Convolution(
    int strideH,
    int strideW,
    int padTop,
    int padBottom,
    int padLeft,
    int padRight,
    int dilationH,
    int dilationW) {

  /** Checks the numbers. */
  public Convolution {
    if (Math.min(strideH, strideW) < 1
        || Math.min(dilationH, dilationW) < 1
        || Math.min(Math.min(padTop, padBottom), Math.min(padLeft, padRight)) < 0) {
      throw new IllegalArgumentException(
          "a convolution has strides and dilations of 1 or more and no negative padding, not "
              + text(strideH, strideW, padTop, padBottom, padLeft, padRight, dilationH, dilationW));
    }
  }

  /** A convolution with the same stride both ways, the same padding on all sides, undilated. */
  public static Convolution of(int stride, int padding) {
    return new Convolution(stride, stride, padding, padding, padding, padding, 1, 1);
  }

  /** The rows of the result for so many rows of the image and of the window. */
  long outHeight(long height, long window) {
    return out(height, window, padTop + (long) padBottom, strideH, dilationH);
  }

  /** The columns of the result for so many columns of the image and of the window. */
  long outWidth(long width, long window) {
    return out(width, window, padLeft + (long) padRight, strideW, dilationW);
  }

  private static long out(long extent, long window, long padding, int stride, int dilation) {
    return Math.floorDiv(extent + padding - ((window - 1) * dilation + 1), (long) stride) + 1;
  }

  private static String text(int sh, int sw, int t, int b, int l, int r, int dh, int dw) {
    String dilation = dh == 1 && dw == 1 ? "" : " dilation " + dh + "x" + dw;
    return "stride %dx%d padding %d,%d,%d,%d".formatted(sh, sw, t, b, l, r) + dilation;
  }

  /** As {@code stride 1x1 padding 1,1,1,1}: top, bottom, left, right. */
  @Override
  public String toString() {
    return text(strideH, strideW, padTop, padBottom, padLeft, padRight, dilationH, dilationW);
  }
}
