package dev.residual.io.images;

import java.util.Locale;

/** Which views of an image a network's answers are averaged over. */
public enum TestViews {
  /** The image alone. */
  IMAGE,
  /** {@link Views#flip}. */
  FLIP,
  /** {@link Views#shifts}. */
  SHIFTS;

  /**
   * The views.
   *
   * @param transform what brings an image to its size: resizeR-cropC or cropC
   * @throws IllegalArgumentException if it is another, and there are several views
   */
  public Views of(Transform transform) {
    return switch (this) {
      case IMAGE -> Views.image(transform);
      case FLIP -> Views.flip(transform);
      case SHIFTS -> Views.shifts(transform);
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
