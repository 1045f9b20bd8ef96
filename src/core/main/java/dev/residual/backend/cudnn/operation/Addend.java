package dev.residual.backend.cudnn.operation;

/** What is added to the result of a batch norm. */
public enum Addend {
  /** Nothing. */
  NONE,
  /** Images in memory. */
  IMAGES,
  /** Other images as another batch norm leaves them, which are not stored. */
  NORM
}
