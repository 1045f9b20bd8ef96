package dev.residual.djl;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Where the file of a model is. */
final class ModelFile {
  private static final List<String> ENDINGS =
      List.of(".onnx", ".safetensors", ".pth", ".pt", ".th");

  private ModelFile() {}

  /**
   * The file at a path, or in the folder at a path: that of the first name that there is, with or
   * without an ending, or else the only one.
   *
   * @throws FileNotFoundException naming the folder, if it holds none or several
   */
  static Path find(Path path, List<String> names) throws IOException {
    if (!Files.isDirectory(path)) {
      return path;
    }
    for (String name : names) {
      for (String ending : Stream.concat(Stream.of(""), ENDINGS.stream()).toList()) {
        Path file = path.resolve(name + ending);
        if (isModel(file)) {
          return file;
        }
      }
    }
    try (Stream<Path> files = Files.list(path)) {
      List<Path> models = files.filter(ModelFile::isModel).sorted().toList();
      if (models.size() == 1) {
        return models.getFirst();
      }
      throw new FileNotFoundException(
          "%s holds %s of %s, and none is called %s: optModelName or the path of a file chooses one"
              .formatted(
                  path,
                  models.isEmpty() ? "no file" : models.size() + " files",
                  String.join(", ", ENDINGS),
                  String.join(" or ", names)));
    }
  }

  private static boolean isModel(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return ENDINGS.stream().anyMatch(name::endsWith) && Files.isRegularFile(file);
  }

  static boolean isOnnx(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(ENDINGS.getFirst());
  }
}
