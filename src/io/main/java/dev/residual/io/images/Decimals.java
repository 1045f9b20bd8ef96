package dev.residual.io.images;

/** Numbers as texts have them: whole ones without a fraction. */
final class Decimals {
  private Decimals() {}

  static String text(double number) {
    return number == Math.rint(number) ? String.valueOf((long) number) : String.valueOf(number);
  }
}
