package dev.residual.train;

/**
 * Sums over the steps of an epoch so far.
 *
 * @param loss the sum of the losses of all images
 * @param images the number of images
 * @param top1 how many images had their class ranked first, by the logits before each update
 * @param top5 how many images had their class among the first five
 * @param seconds the time of training, evaluation left out
 */
public record Totals(double loss, long images, long top1, long top5, double seconds) {
  /** Before the first step. */
  public static final Totals ZERO = new Totals(0, 0, 0, 0, 0);
}
