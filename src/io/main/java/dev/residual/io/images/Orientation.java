package dev.residual.io.images;

/**
 * Which way up images are decoded, where a camera has noted in EXIF data how it was held: of JPEG,
 * PNG and WebP files. Notes in XMP are not read.
 */
public enum Orientation {
  /** As they are stored; this is what Pillow's {@code Image.open} and torchvision do. */
  STORED,
  /** As the note says; this is what Pillow's {@code ImageOps.exif_transpose} does. */
  UPRIGHT
}
