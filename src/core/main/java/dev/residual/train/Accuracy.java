package dev.residual.train;

/**
 * How many images of a data set were classified correctly.
 *
 * @param images the number of images
 * @param top1 how many had their class ranked first
 * @param top5 how many had their class among the first five
 */
public record Accuracy(long images, long top1, long top5) {

  /** The part whose class was ranked first, NaN without images. */
  public double top1Rate() {
    return (double) top1 / images;
  }

  /** The part whose class was among the first five, NaN without images. */
  public double top5Rate() {
    return (double) top5 / images;
  }
}
