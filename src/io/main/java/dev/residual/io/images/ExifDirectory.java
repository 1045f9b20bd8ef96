package dev.residual.io.images;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The first directory of EXIF data, which are laid out as a TIFF file (Exif 2.32, section 4.6;
 * BigTIFF, too). What is damaged says nothing.
 */
final class ExifDirectory {
  private static final int ORIENTATION = 0x112;
  private static final String PREFIX = "Exif\0\0";

  private ExifDirectory() {}

  /** How the picture lies, 1 to 8; 1, which is upright, where nothing is said. */
  static int orientation(byte[] exif) {
    int start = 0;
    while (new String(exif, start, Math.min(6, exif.length - start), StandardCharsets.ISO_8859_1)
        .equals(PREFIX)) {
      start += 6;
    }
    ByteBuffer data = ByteBuffer.wrap(exif, start, exif.length - start).slice();
    try {
      return orientation(data);
    } catch (IndexOutOfBoundsException e) {
      return 1;
    }
  }

  private static int orientation(ByteBuffer data) {
    boolean little = data.get(0) == 'I' && data.get(1) == 'I';
    if (!little && (data.get(0) != 'M' || data.get(1) != 'M')) {
      return 1;
    }
    data.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    boolean big = data.getShort(2) == 43;
    int at = place(big ? data.getLong(8) : Integer.toUnsignedLong(data.getInt(4)));
    long entries = big ? data.getLong(at) : data.getShort(at) & 0xFFFF;
    at += big ? 8 : 2;
    int orientation = 1;
    for (long i = 0; i < entries; i++, at += big ? 20 : 12) {
      if ((data.getShort(at) & 0xFFFF) == ORIENTATION) {
        orientation = value(data, data.getShort(at + 2), at + (big ? 12 : 8));
      }
    }
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }

  private static int place(long offset) {
    if (offset != (int) offset) {
      throw new IndexOutOfBoundsException();
    }
    return (int) offset;
  }

  /** The first number of an entry: a byte, a short or a long. */
  private static int value(ByteBuffer data, int type, int at) {
    return switch (type) {
      case 1 -> data.get(at);
      case 3 -> data.getShort(at);
      case 4 -> data.getInt(at);
      default -> 1;
    };
  }
}
