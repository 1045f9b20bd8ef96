package dev.residual.cli;

import dev.residual.cli.picture.PngFile;
import dev.residual.io.data.DrawnShapes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small folders of drawn images, one folder a class. */
final class Pictures {
  private Pictures() {}

  /** So many images of each of the first classes below a folder, which is returned. */
  static Path write(Path folder, int classes, int each, int side, long seed) throws IOException {
    DrawnShapes shapes = new DrawnShapes(10 * each, side, seed);
    for (int i = 0; i < shapes.size(); i++) {
      if (shapes.label(i) < classes) {
        Path place = folder.resolve(shapes.classes().get(shapes.label(i)));
        Files.createDirectories(place);
        PngFile.write(place.resolve("%03d.png".formatted(i)), shapes.image(i), 1);
      }
    }
    return folder;
  }

  /** A data set of training and test images in three classes of 16x16. */
  static Path dataSet(Path folder) throws IOException {
    write(folder.resolve("train"), 3, 12, 16, 1);
    write(folder.resolve("test"), 3, 4, 16, 2);
    return folder;
  }
}
