package dev.residual.io.images;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32;

/**
 * Small files of all formats and kinds, with what Pillow 12.3 makes of them.
 *
 * <p>Pillow, cjpeg of libjpeg-turbo 2.1 and ImageMagick 7 wrote them from 19 x 13 pixels of noise,
 * enlarged. Each line of pillow.txt has a name, the checksum of {@code Image.open(file)
 * .convert("RGB")}, that of the same after {@code ImageOps.exif_transpose}, and the file in base
 * 64. A checksum is the CRC-32 of height and width, as 32-bit integers, and the bytes.
 *
 * @param stored the checksum of the pixels as they are stored
 * @param upright the checksum of the pixels turned as EXIF says
 */
public record PillowImages(String name, long stored, long upright, byte[] file) {

  /** All files whose name begins so. */
  public static List<PillowImages> of(String prefix) {
    try (InputStream in = PillowImages.class.getResourceAsStream("pillow.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), US_ASCII)
          .lines()
          .filter(line -> line.startsWith(prefix))
          .map(line -> line.split(" "))
          .map(
              parts ->
                  new PillowImages(
                      parts[0],
                      Long.parseLong(parts[1], 16),
                      Long.parseLong(parts[2], 16),
                      Base64.getDecoder().decode(parts[3])))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static long checksum(Pixels pixels) {
    CRC32 crc = new CRC32();
    crc.update(ByteBuffer.allocate(8).putInt(pixels.height()).putInt(pixels.width()).flip());
    crc.update(pixels.rgb());
    return crc.getValue();
  }

  ImageInput input() {
    return new ImageInput(new ByteArrayInputStream(file), file.length);
  }

  @Override
  public String toString() {
    return name;
  }
}
