package dev.residual.graph;

/**
 * The elements of a kernel, along one extent, that meet the image at a window position: indices
 * from a first one to before an end.
 *
 * @param first the first index
 * @param end the index after the last; not below the first
 */
public record Span(int first, int end) {

  /** The rows of the kernel that meet an image of this height at a vertical position. */
  public static Span rows(Window window, int position, int height) {
    long start = (long) position * window.strideH() - window.padTop();
    return of(start, window.kernelH(), window.dilationH(), height);
  }

  /** The columns of the kernel that meet an image of this width at a horizontal position. */
  public static Span columns(Window window, int position, int width) {
    long start = (long) position * window.strideW() - window.padLeft();
    return of(start, window.kernelW(), window.dilationW(), width);
  }

  private static Span of(long start, int kernel, int dilation, int extent) {
    long first = start < 0 ? (dilation - 1 - start) / dilation : 0;
    long end = start < extent ? (extent - start + dilation - 1) / dilation : 0;
    int last = (int) Math.min(kernel, end);
    return new Span((int) Math.min(first, last), last);
  }

  /** The number of elements. */
  public int size() {
    return end - first;
  }
}
