package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Forms of PNG, GIF and BMP images: all pixels are those that Pillow 12.3 gives. */
class ImageFormsTest {
  private static final String FOUR = ForgedImages.COLORS;
  private static final String GREYS = "000000 010101 020202 030303";

  /** Red, green and blue of all pixels in hexadecimal, a space between pixels. */
  private static String pixels(byte[] file) throws IOException {
    byte[] rgb = ImageFile.decode("x", file).rgb();
    return HexFormat.of().withUpperCase().formatHex(rgb).replaceAll("(.{6})(?=.)", "$1 ");
  }

  @ParameterizedTest
  @CsvSource({
    // Grey of 16 bits is cut off at 255.
    "5, 16, 0, '', 00 0000 007F 00FF 0100 FFFF, 000000 7F7F7F FFFFFF FFFFFF FFFFFF",
    // Of all others the higher byte counts.
    "2, 16, 4, '', 00 012C 0001 9C40 0002, 010101 9C9C9C",
    "2, 16, 2, '', 00 012C 9C40 FFFF 007F 0080 017F, 019CFF 000001",
    "2, 8, 6, '', 00 0A141E00 01020380, 0A141E 010203",
    "2, 8, 4, '', 00 0A00 0180, 0A0A0A 010101",
    "3, 8, 0, '', 00 0001C8, 000000 010101 C8C8C8",
    "3, 1, 0, '', 00 A0, FFFFFF 000000 FFFFFF",
    "4, 2, 0, '', 00 1B, 000000 555555 AAAAAA FFFFFF",
    "2, 4, 0, '', 00 0F, 000000 FFFFFF",
    "2, 1, 3, 0A141E 28323C, 00 40, 0A141E 28323C",
    // What the palette lacks is black.
    "3, 8, 3, 0A141E 28323C, 00 0001C8, 0A141E 28323C 000000"
  })
  void png(int width, int bits, int type, String palette, String row, String expected)
      throws IOException {
    byte[] colors = ForgedImages.hex(palette);

    byte[] png = ForgedImages.png(width, 1, bits, type, 0, colors, ForgedImages.hex(row));

    assertThat(pixels(png)).isEqualTo(expected);
  }

  @Test
  void allFiltersOfPngAreUndone() throws IOException {
    String rows =
        "00 0A141E 28323C 01 010203 010203 02 010101 FF0100 03 010203 040506 04 01FF00 020304";

    byte[] png = ForgedImages.png(2, 5, 8, 2, 0, new byte[0], ForgedImages.hex(rows));

    assertThat(pixels(png))
        .isEqualTo("0A141E 28323C 010203 020406 020304 010506 020305 05090B 030205 070C0F");
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "5, 5", "8, 8", "9, 17"})
  void interlacedPngGivesTheSamePixels(int width, int height) throws IOException {
    byte[] straight = new byte[height * (1 + width)];
    byte[] interlaced = new byte[8 * straight.length];
    int to = 0;
    int[][] passes = {
      {0, 0, 8, 8},
      {4, 0, 8, 8},
      {0, 4, 4, 8},
      {2, 0, 4, 4},
      {0, 2, 2, 4},
      {1, 0, 2, 2},
      {0, 1, 1, 2}
    };
    for (int[] pass : passes) {
      for (int y = pass[1]; y < height && pass[0] < width; y += pass[3]) {
        to++;
        for (int x = pass[0]; x < width; x += pass[2]) {
          straight[y * (1 + width) + 1 + x] = (byte) to;
          interlaced[to++] = straight[y * (1 + width) + 1 + x];
        }
      }
    }

    byte[] png = ForgedImages.png(width, height, 8, 0, 1, new byte[0], interlaced);

    assertThat(pixels(png))
        .isEqualTo(pixels(ForgedImages.png(width, height, 8, 0, 0, new byte[0], straight)));
  }

  @ParameterizedTest
  @CsvSource({"3, 16", "5, 8", "2, 4", "4, 1", "0, 3", "0, 0"})
  void kindsOfPngThatThereAreNotAreRefused(int type, int bits) {
    byte[] png = ForgedImages.png(1, 1, bits, type, 0, new byte[0], new byte[9]);

    assertThatThrownBy(() -> ImageFile.decode("x", png))
        .hasMessage(
            "x: cannot decode the image: its colour type %d with %d bits is not known"
                .formatted(type, bits));
  }

  /** Screen, palette, blocks up to the data, the data, and the pixels. */
  @ParameterizedTest
  @CsvSource({
    // The whole screen.
    "5, 1, T, 2C 0000 0000 0500 0100 00 02, 048CB81005, 28323C 46505A 646E78 28323C 0A141E",
    // Without a palette, numbers are greys; a palette of greys is as good as none.
    "5, 1, F, 2C 0000 0000 0500 0100 00 02, 048CB81005, 010101 020202 030303 010101 000000",
    "2, 1, T, 2C 0000 0000 0200 0100 00 03, 03187809, 28323C 000000",
    "2, 1, G, 2C 0000 0000 0200 0100 00 03, 03187809, 010101 070707",
    // A frame within the screen: around it is colour 0, or the transparent one.
    "3, 3, T, 2C 0100 0100 0200 0200 00 02, 038CB814, "
        + "0A141E 0A141E 0A141E 0A141E 28323C 46505A 0A141E 646E78 28323C",
    "3, 3, T, 21F904 01 0000 02 00 2C 0100 0100 0200 0200 00 02, 038CB814, "
        + "46505A 46505A 46505A 46505A 28323C 46505A 46505A 646E78 28323C",
    // A frame over the edge of the screen makes it larger.
    "1, 1, T, 2C 0100 0100 0200 0200 00 02, 038CB814, "
        + "0A141E 0A141E 0A141E 0A141E 28323C 46505A 0A141E 646E78 28323C",
    // Bytes that begin no block, and blocks that say nothing of pixels.
    "2, 1, T, 00 2C 0000 0000 0200 0100 00 02, 028C0A, 28323C 46505A",
    "2, 1, T, 00 00 07 2C 0000 0000 0200 0100 00 02, 028C0A, 28323C 46505A",
    "2, 1, T, 21FE 03616263 0164 00 21FE 00 2C 0000 0000 0200 0100 00 02, 028C0A, 28323C 46505A",
    // Rows 0 and 8, 4, 2 and 6, then the odd ones.
    "1, 9, T, 2C 0000 0000 0100 0900 40 02, 0644A811A14614, "
        + "0A141E 28323C 646E78 46505A 46505A 646E78 0A141E 0A141E 28323C",
    // A palette of the frame's own.
    "2, 1, T, 2C 0000 0000 0200 0100 81 010203 040506 070809 0A0B0C 02, 028C0A, 040506 070809"
  })
  void gif(int width, int height, char palette, String blocks, String data, String expected)
      throws IOException {
    String colors = palette == 'T' ? FOUR : palette == 'G' ? GREYS : "";

    byte[] gif = ForgedImages.gif(width, height, colors, blocks + data + "003B");

    assertThat(pixels(gif)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "2C 0000 0000 0200 0100 00 02 024C0100 3B, it is cut short",
    "2C 0000 0000 0200 0100 00 02 0204, it is cut short",
    "2C 0000 0000 0200 0100 00 02 02F40A 00 3B, its codes are damaged",
    "2C 0000 0000 0200 0100 00 0C 028C0A 00 3B, its codes of 12 bits are not known",
    "2C 0000 0000 0000 0100 00 02 028C0A 00 3B, its first frame has 0 x 1 pixels",
    "3B, it has no picture"
  })
  void gifWithoutAWholePictureIsRefused(String blocks, String reason) {
    byte[] gif = ForgedImages.gif(2, 1, FOUR, blocks);

    assertThatThrownBy(() -> ImageFile.decode("x", gif))
        .hasMessage("x: cannot decode the image: " + reason);
  }

  /** Sides, bits, compression, data, and the pixels. */
  @ParameterizedTest
  @CsvSource({
    "2, 1, 8, 0, 01C80000, 3C3228 000000",
    "9, 1, 1, 0, A5800000, " + "3C3228 1E140A 3C3228 1E140A 1E140A 3C3228 1E140A 3C3228 3C3228",
    "3, 1, 4, 0, 12300000, 3C3228 5A5046 786E64",
    "2, 1, 16, 0, FF3F 3412, 7BFFFF 208BA4",
    "2, 1, 16, 3, 00F80000 E0070000 1F000000 FF7F 3412, 7BFFFF 1044A4",
    "1, 1, 24, 0, 01020300, 030201",
    "1, 1, 32, 0, 01020304, 030201",
    // Rows are stored from the bottom up, or down where the height is negative.
    "1, 2, 24, 0, 01020300 04050600, 060504 030201",
    "1, -2, 24, 0, 01020300 04050600, 030201 060504",
    "4, 2, 8, 1, 0401 0000 0402 0001, " + "5A5046 5A5046 5A5046 5A5046 3C3228 3C3228 3C3228 3C3228",
    "4, 2, 8, 1, 0201 00020101 0103 0000 0001, "
        + "1E140A 1E140A 1E140A 786E64 3C3228 3C3228 1E140A 1E140A",
    "4, 2, 8, 1, 0004 00010203 0000 0003 01020300 0101 0001, "
        + "3C3228 5A5046 786E64 3C3228 1E140A 3C3228 5A5046 786E64",
    "4, 2, 4, 2, 0412 0000 0004 0123 0001, "
        + "1E140A 3C3228 5A5046 786E64 3C3228 5A5046 3C3228 5A5046"
  })
  void bmp(int width, int height, int bits, int compression, String data, String expected)
      throws IOException {
    assertThat(pixels(ForgedImages.bmp(width, height, bits, compression, data)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 2, 0, its 2 bits with compression 0 are not known",
    "1, 1, 24, 4, its 24 bits with compression 4 are not known",
    "1, 1, 24, 5, its 24 bits with compression 5 are not known",
    "1, 0, 24, 0, its header states 1 x 0 pixels",
    "9, 9, 24, 0, it is cut short"
  })
  void kindsOfBmpThatThereAreNotAreRefused(
      int width, int height, int bits, int compression, String reason) {
    byte[] bmp = ForgedImages.bmp(width, height, bits, compression, "00000000");

    assertThatThrownBy(() -> ImageFile.decode("x", bmp))
        .hasMessage("x: cannot decode the image: " + reason);
  }
}
