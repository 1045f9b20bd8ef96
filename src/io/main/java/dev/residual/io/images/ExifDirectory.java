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
    int orientation = number(exif, ORIENTATION, 1);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }

  /** The first number of an entry: a byte, a short or a long; otherwise what is given for it. */
  static int number(byte[] exif, int tag, int otherwise) {
    int start = 0;
    while (new String(exif, start, Math.min(6, exif.length - start), StandardCharsets.ISO_8859_1)
        .equals(PREFIX)) {
      start += 6;
    }
    ByteBuffer data = ByteBuffer.wrap(exif, start, exif.length - start).slice();
    try {
      return number(data, tag, otherwise);
    } catch (IndexOutOfBoundsException e) {
      return otherwise;
    }
  }

  private static int number(ByteBuffer data, int tag, int otherwise) {
    boolean little = data.get(0) == 'I' && data.get(1) == 'I';
    if (!little && (data.get(0) != 'M' || data.get(1) != 'M')) {
      return otherwise;
    }
    data.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    boolean big = data.getShort(2) == 43;
    int at = place(big ? data.getLong(8) : Integer.toUnsignedLong(data.getInt(4)));
    long entries = big ? data.getLong(at) : data.getShort(at) & 0xFFFF;
    at += big ? 8 : 2;
    int number = otherwise;
    for (long i = 0; i < entries; i++, at += big ? 20 : 12) {
      if ((data.getShort(at) & 0xFFFF) == tag) {
        number = number(data, at, big, number);
      }
    }
    return number;
  }

  private static int place(long offset) {
    if (offset != (int) offset) {
      throw new IndexOutOfBoundsException();
    }
    return (int) offset;
  }

  private static int number(ByteBuffer data, int entry, boolean big, int otherwise) {
    int type = data.getShort(entry + 2);
    int bytes = type == 1 ? 1 : type == 3 ? 2 : 4;
    int at = entry + (big ? 12 : 8);
    long count = big ? data.getLong(entry + 4) : Integer.toUnsignedLong(data.getInt(entry + 4));
    if (count > (big ? 8 : 4) / bytes) {
      // What does not fit into the entry lies elsewhere.
      at = place(big ? data.getLong(at) : Integer.toUnsignedLong(data.getInt(at)));
    }
    return switch (count < 1 ? 0 : type) {
      case 1 -> data.get(at) & 0xFF;
      case 3 -> data.getShort(at) & 0xFFFF;
      case 4 -> data.getInt(at);
      default -> otherwise;
    };
  }
}
