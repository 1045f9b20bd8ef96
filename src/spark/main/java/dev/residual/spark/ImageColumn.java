package dev.residual.spark;

import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Pixels;
import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * The images of a DataFrame: files, as Spark's source {@code binaryFile} gives them in {@code
 * content}, or decoded, as its source {@code image} gives them in {@code image}.
 *
 * @param index of the column in a row
 * @param isDecoded whether it is a structure of Spark's source {@code image}
 */
record ImageColumn(String name, int index, boolean isDecoded) implements Serializable {

  /** The fields of a decoded image, as {@code ImageSchema} defines them. */
  private enum Field {
    ORIGIN,
    HEIGHT,
    WIDTH,
    CHANNELS,
    MODE,
    DATA
  }

  /**
   * The column of this name.
   *
   * @throws IllegalArgumentException if there is none, or it holds no images
   */
  static ImageColumn of(StructType schema, String name) {
    if (!Arrays.asList(schema.fieldNames()).contains(name)) {
      throw new IllegalArgumentException(
          "there is no column of images '%s': there are %s"
              .formatted(name, String.join(", ", schema.fieldNames())));
    }
    DataType type = schema.apply(name).dataType();
    int index = schema.fieldIndex(name);
    if (type instanceof BinaryType) {
      return new ImageColumn(name, index, false);
    }
    if (type instanceof StructType structure && structure.length() == Field.values().length) {
      return new ImageColumn(name, index, true);
    }
    throw new IllegalArgumentException(
        "column '%s' is %s: expected files, as of Spark's source binaryFile, or images, as of its source image"
            .formatted(name, type.catalogString()));
  }

  /**
   * The pixels of a row's image; null where it has none.
   *
   * @throws IOException if its file is no image
   * @throws IllegalArgumentException if it is decoded to something other than bytes
   */
  @Nullable Pixels pixels(Row row) throws IOException {
    if (row.isNullAt(index)) {
      return null;
    }
    return isDecoded
        ? ofStructure(row)
        : ImageFile.decode("an image of column " + name, row.<byte[]>getAs(index));
  }

  /** Rows from the top, of 1, 3 or 4 bytes a pixel: grey; blue, green, red; and transparency. */
  Pixels ofStructure(Row row) {
    Row image = row.getStruct(index);
    int height = image.getInt(Field.HEIGHT.ordinal());
    int width = image.getInt(Field.WIDTH.ordinal());
    int channels = image.getInt(Field.CHANNELS.ordinal());
    byte[] data = image.getAs(Field.DATA.ordinal());
    if ((channels != 1 && channels != 3 && channels != 4)
        || data.length != (long) height * width * channels) {
      throw new IllegalArgumentException(
          "the image %s has %d bytes for %d x %d pixels of %d channels: expected 1, 3 or 4 bytes a pixel"
              .formatted(image.get(Field.ORIGIN.ordinal()), data.length, height, width, channels));
    }
    byte[] rgb = new byte[3 * height * width];
    int green = channels == 1 ? 0 : 1;
    int red = channels == 1 ? 0 : 2;
    for (int from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
      rgb[to] = data[from + red];
      rgb[to + 1] = data[from + green];
      rgb[to + 2] = data[from];
    }
    return new Pixels(height, width, rgb);
  }
}
