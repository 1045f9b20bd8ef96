package dev.residual.io.images;

/** Which way up images are decoded, where a camera has noted how it was held (EXIF). */
public enum Orientation {
  /** As they are stored; this is what Pillow's {@code Image.open} and torchvision do. */
  STORED,
  /** As the note says; this is what Pillow's {@code ImageOps.exif_transpose} does. */
  UPRIGHT
}
