package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The colours of JPEG images as libjpeg tells them: by markers, then by the components' names. */
class JpegColorsTest {
  private static final int[] COLOR = {200, 50, 100};

  /** 16 x 16 pixels with as many columns but half of the rows of chroma, written by Pillow. */
  private static final String HALF_THE_ROWS =
      "/9j/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpR"
          + "Uk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
          + "T09PT0//wAARCAAQABADARIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABAX/xAAXEAADAQAAAAAAAAAAAAAA"
          + "AAAAAwRh/8QAFgEBAQEAAAAAAAAAAAAAAAAABQQG/8QAFhEBAQEAAAAAAAAAAAAAAAAABAAD/9oADAMBAAIRAxEA"
          + "PwCIuLBK4sHVNrB71pcWCVxYZNTYgm9//9k=";

  /** 16 x 16 pixels of one colour, as luminance and chroma without a marker that says so. */
  private static byte[] bare() throws IOException {
    byte[] rgb = new byte[3 * 256];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) COLOR[i % 3];
    }
    byte[] jpeg = Images.encode(new Pixels(16, 16, rgb), "jpeg");
    // The marker JFIF comes first, and is as long as it says.
    int end = 4 + (jpeg[4] << 8 | jpeg[5]);
    byte[] bare = Arrays.copyOfRange(jpeg, end - 2, jpeg.length);
    bare[0] = jpeg[0];
    bare[1] = jpeg[1];
    return bare;
  }

  private static byte[] insert(byte[] jpeg, byte[] segment) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.writeBytes(segment);
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  private static byte[] adobe(int transform) {
    byte[] segment = ForgedImages.hex("FFEE000E 41646F6265 0064 0000 0000 00");
    segment[15] = (byte) transform;
    return segment;
  }

  private static byte[] jfif() {
    return ForgedImages.hex("FFE00010 4A46494600 0101 00 0001 0001 00 00");
  }

  /** The names of the components, in the frame and in the scan. */
  private static byte[] named(byte[] jpeg, String names) {
    byte[] renamed = jpeg.clone();
    for (int at = 2; (renamed[at + 1] & 0xFF) != 0xDA; ) {
      int length = (renamed[at + 2] & 0xFF) << 8 | (renamed[at + 3] & 0xFF);
      int next = at + 2 + length;
      for (int c = 0; c < 3; c++) {
        if ((renamed[at + 1] & 0xFF) == 0xC0) {
          renamed[at + 10 + 3 * c] = (byte) names.charAt(c);
        }
        if ((renamed[next + 1] & 0xFF) == 0xDA) {
          renamed[next + 5 + 2 * c] = (byte) names.charAt(c);
        }
      }
      at = next;
    }
    return renamed;
  }

  private static void assertColors(byte[] jpeg, boolean chroma) throws IOException {
    double luminance = 0.299 * COLOR[0] + 0.587 * COLOR[1] + 0.114 * COLOR[2];
    double[] samples = {
      luminance, 128 + (COLOR[2] - luminance) / 1.772, 128 + (COLOR[0] - luminance) / 1.402
    };
    byte[] pixel = ImageFile.decode("x", jpeg).crop(7, 7, 1, 1).rgb();
    for (int c = 0; c < 3; c++) {
      assertThat((double) (pixel[c] & 0xFF))
          .isBetween((chroma ? COLOR[c] : samples[c]) - 3, (chroma ? COLOR[c] : samples[c]) + 3);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, false", "1, true", "2, true", "3, true"})
  void adobesMarkerTells(int transform, boolean chroma) throws IOException {
    assertColors(insert(bare(), adobe(transform)), chroma);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void jfifGoesBeforeAdobe(int transform) throws IOException {
    assertColors(insert(insert(bare(), adobe(transform)), jfif()), true);
    assertColors(insert(insert(bare(), jfif()), adobe(transform)), true);
  }

  @ParameterizedTest
  @CsvSource({"RGB, false", "rgb, true", "012, true", "YCc, true", "BGR, true"})
  void withoutMarkersTheNamesTell(String names, boolean chroma) throws IOException {
    assertColors(named(bare(), names), chroma);
    assertColors(insert(named(bare(), names), jfif()), true);
    assertColors(insert(named(bare(), names), adobe(1)), true);
  }

  @Test
  void numbersFromZeroAreChroma() throws IOException {
    assertColors(named(bare(), "\0\1\2"), true);
  }

  @Test
  void profilesAreNotApplied() throws IOException {
    byte[] profile = ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
    byte[] segment = new byte[18 + profile.length];
    byte[] head = ForgedImages.hex("FFE20000 4943435F50524F46494C4500 0101");
    System.arraycopy(head, 0, segment, 0, head.length);
    System.arraycopy(profile, 0, segment, 18, profile.length);
    segment[2] = (byte) (segment.length - 2 >> 8);
    segment[3] = (byte) (segment.length - 2);
    byte[] plain = insert(bare(), jfif());

    byte[] decoded = ImageFile.decode("x", insert(plain, segment)).rgb();

    assertThat(decoded).isEqualTo(ImageFile.decode("x", plain).rgb());
    // The length that a profile states of itself may be gigabytes.
    segment[18] = 0x7F;
    assertThat(ImageFile.decode("x", insert(plain, segment)).rgb()).isEqualTo(decoded);
  }

  @Test
  void rowsOfChromaAreInterpolatedLikeColumns() throws IOException {
    Pixels image = ImageFile.decode("x", Base64.getDecoder().decode(HALF_THE_ROWS));

    assertThat(image.crop(7, 3, 3, 1).rgb())
        .containsExactly(131, 75, 212, 93, 45, 165, 94, 55, 161);
    assertThat(image.crop(0, 3, 1, 1).rgb()).containsExactly(104, 6, 213);
    assertThat(image.crop(15, 3, 1, 1).rgb()).containsExactly(119, 115, 165);
  }

  @ParameterizedTest
  @CsvSource({"C3, 3", "C9, 9", "CF, 15"})
  void otherKindsOfJpegAreRefused(String marker, String reason) throws IOException {
    byte[] jpeg = bare();
    for (int at = 2; (jpeg[at + 1] & 0xFF) != 0xDA; ) {
      if ((jpeg[at + 1] & 0xFF) == 0xC0) {
        jpeg[at + 1] = ForgedImages.hex(marker)[0];
      }
      at += 2 + ((jpeg[at + 2] & 0xFF) << 8 | (jpeg[at + 3] & 0xFF));
    }

    assertThatThrownBy(() -> ImageFile.decode("x", jpeg))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("its kind of JPEG, number")
        .hasMessageContaining("number %s, is not known".formatted(reason));
  }
}
