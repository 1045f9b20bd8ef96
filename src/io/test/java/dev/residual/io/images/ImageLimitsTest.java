package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Part;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Images whose bytes promise more than they hold: refused before memory or time is taken. */
class ImageLimitsTest {
  @TempDir Path folder;

  /** Few bytes, 13,000 x 13,000 pixels. */
  static Stream<byte[]> smallFilesOfLargeImages() {
    return Stream.of(
        ForgedImages.png(13_000, 13_000, 8, 2, 0, new byte[0], new byte[9]),
        ForgedImages.png(13_000, 13_000, 1, 0, 1, new byte[0], new byte[9]),
        ForgedImages.gif(13_000, 13_000, "", "2C 0000 0000 0100 0100 00 02 024C01 00 3B"),
        ForgedImages.gif(1, 1, "", "2C 0000 0000 C832 C832 00 02 024C01 00 3B"),
        ForgedImages.bmp(13_000, 13_000, 24, 0, "00"),
        ForgedImages.bmp(13_000, 13_000, 8, 1, "0001"),
        jpeg(13_000, 0xC0, 1, 0),
        jpeg(13_000, 0xC2, 3, 0));
  }

  /** A frame of grey, and scans without data. */
  private static byte[] jpeg(int side, int kind, int scans, int padding) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ForgedImages.hex("FFD8"));
    for (int i = 0; i < padding; i++) {
      out.writeBytes(ForgedImages.hex("FFE1FFFF"));
      out.writeBytes(new byte[0xFFFD]);
    }
    out.writeBytes(new byte[] {-1, (byte) kind});
    out.writeBytes(ForgedImages.hex("000B08"));
    for (int i = 0; i < 2; i++) {
      out.write(side >> 8);
      out.write(side);
    }
    out.writeBytes(ForgedImages.hex("01011100"));
    for (int i = 0; i < scans; i++) {
      out.writeBytes(ForgedImages.hex("FFDA0008 0101 00 000000"));
    }
    out.writeBytes(ForgedImages.hex("FFD9"));
    return out.toByteArray();
  }

  @ParameterizedTest
  @MethodSource
  void smallFilesOfLargeImages(byte[] file) {
    assertThat(file).hasSizeLessThan(200);
    assertThatThrownBy(() -> ImageFile.decode("x", file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("13000 x 13000 pixels are more than a file of its size can hold");
  }

  @Test
  void scansAreAsManyAsTheFileCanPayFor() {
    byte[] file = jpeg(10_000, 0xC2, 31, 4);

    assertThatThrownBy(() -> ImageFile.decode("x", file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("scans and more of 10000 x 10000 pixels are too many");
  }

  @Test
  void whatASmallImageIsFollowedByIsNotKept() {
    byte[] head = jpeg(8, 0xC0, 1, 0);
    InputStream endless =
        new SequenceInputStream(
            new ByteArrayInputStream(head, 0, head.length - 2),
            new InputStream() {
              @Override
              public int read() {
                return 1;
              }

              @Override
              public int read(byte[] dst, int offset, int length) {
                Arrays.fill(dst, offset, offset + length, (byte) 1);
                return length;
              }
            });

    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> ImageFile.decode("x", endless, 1L << 40, Orientation.STORED))
                .hasMessageContaining("its data are more than its pixels can need"));
  }

  @ParameterizedTest
  @CsvSource({"11648, 8736", "14204, 10652", "1, 178956970"})
  void largePhotographsAreAccepted(int width, int height) {
    assertThatCode(() -> ImageSize.of(width, height, Long.MAX_VALUE)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({
    "4294967295, 4294967295, are more than the 178 million",
    "1, 178956971, are more than the 178 million",
    "0, 7, header states 0 x 7 pixels",
    "7, -1, header states 7 x -1 pixels"
  })
  void otherSizesAreRefused(long width, long height, String reason) {
    assertThatThrownBy(() -> ImageSize.of(width, height, Long.MAX_VALUE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
  }

  /** Formats that are not offered must not reach any decoder, whichever the JDK has. */
  @ParameterizedTest
  @CsvSource({
    "\\0\\0\\0 ftypavif, but an AVIF or HEIC image",
    "\\0\\0\\0\\0\\0, TIFF image",
    "<html>, but a web page or drawing",
    "version https://git-lfs.github.com/spec/v1, but a pointer of Git LFS",
    "GIF88a, TIFF image",
    "\\1\\2\\3, TIFF image"
  })
  void formatsAreToldByTheirFirstBytes(String start, String reason) {
    byte[] bytes = (start.translateEscapes() + "0".repeat(100)).getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(() -> ImageFile.decode("x.jpg", bytes))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("x.jpg: the file is not a JPEG, PNG, BMP, GIF, WebP or TIFF image")
        .hasMessageEndingWith(reason);
  }

  @Test
  void anArchiveOfZeroesIsReadAsFarAsItIsNoImage() throws IOException {
    Path file = folder.resolve("zeroes.zip");
    byte[] zeroes = new byte[1 << 20];
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("cat/1.png"));
      for (int i = 0; i < 400; i++) {
        zip.write(zeroes);
      }
    }

    try (DataSet set = DataSets.open(file.toString(), Part.TEST, 32)) {
      assertThatThrownBy(() -> set.image(0))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("zeroes.zip!/cat/1.png: the file is not a JPEG");
    }
  }
}
