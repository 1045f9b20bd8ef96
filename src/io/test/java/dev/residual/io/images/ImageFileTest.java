package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

public class ImageFileTest {
  /** 8 x 8 pixels of cyan 200, magenta 30, yellow 100, black 10, written by Pillow. */
  public static final String CMYK =
      "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwADAgIDAgIDAwMDBAMDBAUIBQUEBAUKBwcGCAwKDAwLCgsLDQ4SEA0OEQ4LCxAW"
          + "EBETFBUVFQwPFxgWFBgSFBUU/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgME"
          + "BQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJ"
          + "ChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeY"
          + "mZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBN"
          + "AFkASwAAPwD48r9A69Ir9OK//9k=";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"png", "bmp"})
  void losslessFormatsGiveThePixelsThatWereWritten(String format) throws IOException {
    Pixels image = Images.pattern(9, 14);

    Pixels decoded = ImageFile.decode("x", Images.encode(image, format));

    assertThat(decoded.height()).isEqualTo(9);
    assertThat(decoded.width()).isEqualTo(14);
    assertThat(decoded.rgb()).isEqualTo(image.rgb());
  }

  @ParameterizedTest
  @CsvSource({
    "png," + BufferedImage.TYPE_BYTE_GRAY,
    "png," + BufferedImage.TYPE_USHORT_GRAY,
    "png," + BufferedImage.TYPE_INT_ARGB,
    "png," + BufferedImage.TYPE_BYTE_INDEXED,
    "png," + BufferedImage.TYPE_BYTE_BINARY,
    "gif," + BufferedImage.TYPE_BYTE_INDEXED,
    "bmp," + BufferedImage.TYPE_USHORT_565_RGB,
    "jpeg," + BufferedImage.TYPE_BYTE_GRAY,
    "jpeg," + BufferedImage.TYPE_3BYTE_BGR
  })
  void everyKindOfPixelBecomesRedGreenAndBlue(String format, int type) throws IOException {
    BufferedImage image = new BufferedImage(16, 16, type);
    for (int i = 0; i < 256; i++) {
      // The upper half is white, the lower black.
      image.setRGB(i % 16, i / 16, i < 128 ? 0xFFFFFFFF : 0xFF000000);
    }

    Pixels decoded = ImageFile.decode("x", Images.encode(image, format));

    for (int c = 0; c < 3; c++) {
      assertThat(decoded.rgb()[c] & 0xFF).isBetween(254, 255);
      assertThat(decoded.rgb()[3 * 255 + c] & 0xFF).isBetween(0, 1);
    }
  }

  @Test
  void greyKeepsItsValueWhateverItsGamma() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSample(0, 0, 0, 100);
    image.getRaster().setSample(1, 0, 0, 200);

    Pixels decoded = ImageFile.decode("x", Images.encode(image, "png"));

    assertThat(decoded.rgb()).containsExactly(100, 100, 100, 200, 200, 200);
  }

  @Test
  void progressiveJpegIsDecoded() throws IOException {
    Pixels image = Images.pattern(40, 40);

    Pixels decoded = ImageFile.decode("x", Images.progressive(image));
    Pixels baseline = ImageFile.decode("x", Images.encode(image, "jpeg"));

    assertThat(decoded.rgb()).isEqualTo(baseline.rgb());
  }

  /** Colours as Pillow gives them, for both values of the transform in the Adobe marker. */
  @ParameterizedTest
  @CsvSource({"0, 53, 216, 149", "2, 156, 243, 27"})
  void inksBecomeRedGreenAndBlue(byte transform, int red, int green, int blue) throws IOException {
    byte[] jpeg = Base64.getDecoder().decode(CMYK);
    jpeg[17] = transform;

    byte[] pixel = ImageFile.decode("x", jpeg).crop(3, 3, 1, 1).rgb();

    assertThat(pixel).containsExactly((byte) red, (byte) green, (byte) blue);
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpeg", "png", "bmp", "gif"})
  void aFileThatIsCutShortIsRefusedByName(String format) throws IOException {
    byte[] whole = Images.encode(Images.pattern(48, 48), format);

    // The last bytes of some formats carry no pixels.
    for (int length = 0; length < whole.length - 16; length += 1 + length / 16) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> ImageFile.decode("some/file", cut))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("some/file: ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpeg", "png", "bmp", "gif"})
  void damagedFilesAreDecodedOrRefusedByName(String format) throws IOException {
    byte[] whole = Images.encode(Images.pattern(24, 24), format);
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      byte[] damaged = whole.clone();
      for (int n = 1 + random.nextInt(6); n > 0; n--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        ImageFile.decode("x", damaged);
      } catch (IOException e) {
        assertThat(e).hasMessageStartingWith("x: ");
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void anImageOfTooManyPixelsIsRefusedUnread() throws IOException {
    byte[] png = Images.encode(Images.pattern(4, 4), "png");
    // Width and height follow the signature, the length and the name of the first chunk.
    png[17] = 1;
    png[21] = 1;
    CRC32 crc = new CRC32();
    crc.update(png, 12, 17);
    for (int i = 0; i < 4; i++) {
      png[29 + i] = (byte) (crc.getValue() >> (24 - 8 * i));
    }

    assertThatThrownBy(() -> ImageFile.decode("bomb.png", png))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("bomb.png: ")
        .hasMessageContaining("65540 x 65540 pixels are more than the 178 million");
  }

  @Test
  void whatIsNoImageIsRefusedByName() throws IOException {
    assertThatThrownBy(() -> ImageFile.decode("notes.jpg", new byte[] {1, 2, 3}))
        .isInstanceOf(IOException.class)
        .hasMessage("notes.jpg: the file is not a JPEG, PNG, BMP, GIF, WebP or TIFF image");
    assertThatThrownBy(() -> ImageFile.decode("empty.jpg", new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessage("empty.jpg: the file is empty");
    Path missing = folder.resolve("missing.jpg");
    assertThatThrownBy(() -> ImageFile.read(missing))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("missing.jpg: no such file");
  }

  @Test
  void manyThreadsDecodeAtOnce() throws Exception {
    byte[] jpeg = Images.encode(Images.pattern(60, 80), "jpeg");
    byte[] expected = ImageFile.decode("x", jpeg).rgb();
    Path file = Files.write(folder.resolve("x.jpg"), jpeg);
    Callable<Boolean> decode =
        () -> {
          boolean equal = true;
          for (int i = 0; i < 50; i++) {
            equal &= Arrays.equals(expected, ImageFile.read(file).rgb());
          }
          return equal;
        };
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var result : threads.invokeAll(java.util.Collections.nCopies(4, decode))) {
        assertThat(result.get()).isTrue();
      }
    }
  }
}
