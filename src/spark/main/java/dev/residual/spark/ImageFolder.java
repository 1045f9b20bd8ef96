package dev.residual.spark;

import dev.residual.cli.picture.PngFile;
import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Iterator;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.ForeachPartitionFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The images of a DataFrame, written to a folder that all processes of a training read: a folder
 * for each class.
 *
 * <p>A file is named after the partition and the place of its row, so that a DataFrame always gives
 * the same folder.
 *
 * @param folder which driver and executors see
 * @param label the index of the column of labels
 * @param heldOut the index of the column that says which rows are held out; below 0 for none
 */
record ImageFolder(String folder, ImageColumn images, int label, int heldOut)
    implements Serializable {
  private static final int LONGEST_NAME = 255;

  /** Writes all rows in place of what the folder had. */
  void write(Dataset<Row> rows) throws IOException {
    delete(Path.of(folder));
    rows.foreachPartition((ForeachPartitionFunction<Row>) this::writePartition);
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

  private void writePartition(Iterator<Row> rows) throws IOException {
    int partition = TaskContext.getPartitionId();
    for (int i = 0; rows.hasNext(); i++) {
      Row row = rows.next();
      Path place = Files.createDirectories(place(row));
      write(row, place, "%05d-%08d".formatted(partition, i));
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

  private void write(Row row, Path place, String name) throws IOException {
    if (row.isNullAt(images.index())) {
      throw new IllegalArgumentException(
          "a row of label '%s' has no image".formatted(row.get(label)));
    }
    if (images.isDecoded()) {
      Pixels pixels = images.ofStructure(row);
      PngFile.write(place.resolve(name + ".png"), pixels, 1);
    } else {
      byte[] bytes = row.getAs(images.index());
      Files.write(place.resolve(name + extension(bytes)), bytes);
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
