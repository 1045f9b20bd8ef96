package dev.residual.io.images;

/** When an image is mirrored, left and right exchanged. */
public enum Flip {
  /** Never. */
  NONE,
  /** With probability one half. */
  RANDOM,
  /**
   * In all even or all odd epochs, which of them is by chance: two epochs show both versions
   * (Keller Jordan, "94% on CIFAR-10 in 3.29 Seconds", 2024).
   */
  ALTERNATING
}
