package dev.residual.inspect;

/**
 * How much each part of an image contributes to something.
 *
 * @param height the number of rows
 * @param width the number of columns
 * @param values row by row from the top, none below 0
 */
public record HeatMap(int height, int width, float[] values) {

  /** The greatest value. */
  public float max() {
    float max = 0;
    for (float value : values) {
      max = Math.max(max, value);
    }
    return max;
  }
}
