package dev.residual.cli;

import dev.residual.io.images.Orientation;
import picocli.CommandLine.Option;

/** Which way up images are read. */
final class OrientationOption {
  @Option(
      names = "--upright",
      description = "Turn images as their EXIF data say; otherwise they are read as stored.")
  boolean upright;

  Orientation orientation() {
    return upright ? Orientation.UPRIGHT : Orientation.STORED;
  }
}
