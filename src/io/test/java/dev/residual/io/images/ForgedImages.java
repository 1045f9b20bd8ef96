package dev.residual.io.images;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.DeflaterOutputStream;

/** Image files written byte by byte, for forms that no encoder of the JDK writes. */
public final class ForgedImages {
  /** Colours 0 to 3: 10 20 30, 40 50 60, 70 80 90, 100 110 120. */
  static final String COLORS = "0A141E 28323C 46505A 646E78";

  private ForgedImages() {}

  /** The bytes that these digits stand for. */
  static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits.replace(" ", ""));
  }

  /**
   * A PNG image.
   *
   * @param palette of a chunk of its own, if it is not empty
   * @param rows each with the number of its filter
   */
  public static byte[] png(
      int width, int height, int bits, int type, int interlace, byte[] palette, byte[] rows) {
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
    header.put((byte) bits).put((byte) type).putShort((short) 0).put((byte) interlace);
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(data)) {
      deflater.write(rows);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(hex("89504E470D0A1A0A"));
    chunk(png, "IHDR", header.array());
    if (palette.length > 0) {
      chunk(png, "PLTE", palette);
    }
    chunk(png, "tRNS", new byte[] {0, 1});
    chunk(png, "IDAT", data.toByteArray());
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream png, String name, byte[] content) {
    png.writeBytes(ByteBuffer.allocate(4).putInt(content.length).array());
    png.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
    png.writeBytes(content);
    png.writeBytes(new byte[4]);
  }

  /** A BMP image whose palette has the colours in order blue, green, red; data in hexadecimal. */
  public static byte[] bmp(int width, int height, int bits, int compression, String data) {
    byte[] pixels = hex(data);
    byte[] palette = hex(bits <= 8 ? COLORS.replace(" ", "00") + "00" : "");
    return ByteBuffer.allocate(54 + palette.length + pixels.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {'B', 'M'})
        .putLong(0)
        .putInt(54 + palette.length)
        .putInt(40)
        .putInt(width)
        .putInt(height)
        .putShort((short) 1)
        .putShort((short) bits)
        .putInt(compression)
        .putInt(pixels.length)
        .putLong(0)
        .putInt(palette.length / 4)
        .putInt(0)
        .put(palette)
        .put(pixels)
        .array();
  }

  /**
   * A GIF image.
   *
   * @param palette of four colours, or none
   * @param blocks what follows the screen and its palette
   */
  static byte[] gif(int width, int height, String palette, String blocks) {
    byte[] colors = hex(palette);
    byte[] rest = hex(blocks);
    return ByteBuffer.allocate(13 + colors.length + rest.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("GIF89a".getBytes(StandardCharsets.US_ASCII))
        .putShort((short) width)
        .putShort((short) height)
        .put((byte) (colors.length > 0 ? 0x81 : 0))
        .putShort((short) 0)
        .put(colors)
        .put(rest)
        .array();
  }
}
