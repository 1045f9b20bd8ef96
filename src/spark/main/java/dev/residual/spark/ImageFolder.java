package dev.residual.spark;

import dev.residual.cli.picture.PngFile;
import dev.residual.io.files.AtomicFile;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * The images of a DataFrame, written to a folder that all processes of a training read: a folder
 * for each class.
 *
 * <p>A file is named after its content, so that the same images always give the same folder, in
 * whatever order and partitions they come.
 *
 * @param folder which driver and executors see
 * @param label the index of the column of labels
 * @param heldOut the index of the column that says which rows are held out; below 0 for none
 */
record ImageFolder(String folder, ImageColumn images, int label, int heldOut)
    implements Serializable {
  private static final int LONGEST_NAME = 255;
  private static final int NAME_BYTES = 16;

  /** Writes all rows in place of what the folder had. */
  void write(Dataset<Row> rows) throws IOException {
    delete(Path.of(folder));
    Dataset<String> files = rows.map((MapFunction<Row, String>) this::write, Encoders.STRING());
    Dataset<Row> times = files.groupBy(files.columns()[0]).count();
    for (Row row : times.filter("count > 1").collectAsList()) {
      repeat(Path.of(row.getString(0)), row.getLong(1));
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  /** An image that is there several times counts as often. */
  private static void repeat(Path file, long times) throws IOException {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    for (long i = 1; i < times; i++) {
      Files.copy(
          file,
          file.resolveSibling(name.substring(0, dot) + "-" + i + name.substring(dot)),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private Path place(Row row) {
    String name = row.isNullAt(label) ? "" : String.valueOf(row.get(label));
    if (name.isBlank()
        || name.length() > LONGEST_NAME
        || name.startsWith(".")
        || name.indexOf('/') >= 0
        || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "the label '%s' cannot name a folder: expected 1 to %d characters, no slash, no dot before them"
              .formatted(name, LONGEST_NAME));
    }
    Path part = Path.of(folder);
    if (heldOut >= 0) {
      part = part.resolve(row.getBoolean(heldOut) ? "test" : "train");
    }
    return part.resolve(name);
  }

  /** Writes the image of a row, perhaps once more, and gives the place of its file. */
  private String write(Row row) throws IOException {
    if (row.isNullAt(images.index())) {
      throw new IllegalArgumentException(
          "a row of label '%s' has no image".formatted(row.get(label)));
    }
    byte[] bytes =
        images.isDecoded()
            ? PngFile.bytes(PngFile.picture(images.ofStructure(row), 1))
            : row.<byte[]>getAs(images.index());
    Path place = Files.createDirectories(place(row));
    Path file = place.resolve(name(bytes) + extension(bytes));
    AtomicFile.write(file, out -> out.write(bytes));
    return file.toString();
  }

  private static String name(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, NAME_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** By the first byte of a file; readers look at more. */
  private static String extension(byte[] bytes) {
    return switch (bytes.length == 0 ? 0 : bytes[0] & 0xFF) {
      case 0x89 -> ".png";
      case 'B' -> ".bmp";
      case 'G' -> ".gif";
      case 'R' -> ".webp";
      case 'I', 'M' -> ".tif";
      default -> ".jpg";
    };
  }
}
