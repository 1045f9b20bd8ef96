package dev.residual.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.residual.io.images.Pixels;
import java.io.IOException;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class ImageColumnTest {
  private static final StructType DECODED = ImageSchema.imageSchema();

  private static Pixels pixels(int height, int width, int channels, int mode, int... data)
      throws IOException {
    byte[] bytes = new byte[data.length];
    for (int i = 0; i < data.length; i++) {
      bytes[i] = (byte) data[i];
    }
    Row image = RowFactory.create("a.png", height, width, channels, mode, bytes);
    return ImageColumn.of(DECODED, "image").pixels(RowFactory.create(image));
  }

  @Test
  void colorsAreStoredFromBlueToRed() throws IOException {
    Pixels pixels = pixels(1, 2, 3, 16, 1, 2, 3, 4, 5, 6);
    assertThat(pixels.rgb()).containsExactly(3, 2, 1, 6, 5, 4);
    assertThat(pixels.width()).isEqualTo(2);
  }

  @Test
  void transparencyIsLeftOut() throws IOException {
    assertThat(pixels(2, 1, 4, 24, 1, 2, 3, 9, 4, 5, 6, 9).rgb()).containsExactly(3, 2, 1, 6, 5, 4);
  }

  @Test
  void greyIsRedGreenAndBlue() throws IOException {
    assertThat(pixels(1, 2, 1, 0, 7, 200).rgb())
        .containsExactly(7, 7, 7, (byte) 200, (byte) 200, (byte) 200);
  }

  @Test
  void floatsAreNoBytes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pixels(1, 1, 1, 5, 0, 0, 0, 0))
        .withMessage(
            "the image a.png has 4 bytes for 1 x 1 pixels of 1 channels: expected 1, 3 or 4 bytes a"
                + " pixel");
  }

  @Test
  void otherColumnsAreRefused() {
    StructType schema = new StructType().add("text", DataTypes.StringType);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImageColumn.of(schema, "text"))
        .withMessageStartingWith("column 'text' is string: expected files");
  }
}
