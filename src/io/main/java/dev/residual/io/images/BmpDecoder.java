package dev.residual.io.images;

import java.io.IOException;
import java.util.Arrays;

/**
 * Decoding of BMP images as Pillow does it: 1, 4 and 8 bits with a palette, the latter two also
 * with run lengths, and 16, 24 and 32 bits; transparency is ignored.
 */
final class BmpDecoder {
  private static final int RAW = 0;
  private static final int RLE8 = 1;
  private static final int RLE4 = 2;
  private static final int FIELDS = 3;

  /** Two bytes of run lengths are for at most 255 pixels, but some pass over rows. */
  private static final int MOST_BY_BYTE = 4096;

  private final ImageInput in;
  private long position;
  private ImageSize size = new ImageSize(0, 0);
  private int bits;
  private boolean downward;
  private int compression;
  private byte[] palette = {};
  private final int[] shifts = new int[3];
  private final int[] maxima = new int[3];

  private BmpDecoder(ImageInput in) {
    this.in = in;
  }

  static Pixels decode(ImageInput in) throws IOException {
    BmpDecoder decoder = new BmpDecoder(in);
    decoder.readHeader();
    byte[] rgb = decoder.size.rgb();
    if (decoder.compression == RLE8 || decoder.compression == RLE4) {
      decoder.readRuns(rgb);
    } else {
      decoder.readRows(rgb);
    }
    return new Pixels(decoder.size.height(), decoder.size.width(), rgb);
  }

  private void readHeader() throws IOException {
    in.skip(10);
    long pixels = Integer.toUnsignedLong(in.nextLittle32());
    int length = in.nextLittle32();
    position = 18;
    boolean old = length == 12;
    if (!old
        && length != 40
        && length != 52
        && length != 56
        && length != 64
        && length != 108
        && length != 124) {
      throw new IOException("its header of %d bytes is not known".formatted(length));
    }
    long width = old ? in.nextLittle16() : Integer.toUnsignedLong(in.nextLittle32());
    long height = old ? in.nextLittle16() : in.nextLittle32();
    downward = height < 0;
    in.skip(2);
    bits = in.nextLittle16();
    position += old ? 8 : 12;
    long colors = 0;
    int[] masks = {};
    if (!old) {
      compression = in.nextLittle32();
      in.skip(12);
      colors = Integer.toUnsignedLong(in.nextLittle32());
      in.skip(4);
      position += 24;
      masks = readMasks(length);
    }
    check(masks);
    boolean runs = compression == RLE8 || compression == RLE4;
    size = ImageSize.of(width, Math.abs(height), in.size() * (runs ? MOST_BY_BYTE : 8) / bits);
    if (bits <= 8) {
      readPalette(old ? 3 : 4, colors == 0 ? 1 << bits : colors);
    }
    if (pixels > position) {
      in.skip(pixels - position);
    }
  }

  /** The masks of colours, which lie in long headers and behind short ones; none without any. */
  private int[] readMasks(int length) throws IOException {
    int left = length - 40;
    int[] masks = {};
    if (compression == FIELDS) {
      masks = new int[] {in.nextLittle32(), in.nextLittle32(), in.nextLittle32()};
      position += 12;
      left -= 12;
    }
    if (left > 0) {
      in.skip(left);
      position += left;
    }
    return masks;
  }

  private void check(int[] given) throws IOException {
    boolean known =
        switch (compression) {
          case RAW -> bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
          case RLE8 -> bits == 8;
          case RLE4 -> bits == 4;
          case FIELDS -> bits == 16 || bits == 24 || bits == 32;
          default -> false;
        };
    if (!known) {
      throw new IOException(
          "its %d bits with compression %d are not known".formatted(bits, compression));
    }
    int[] masks = given;
    if (bits > 8 && (given.length == 0 || (given[0] | given[1] | given[2]) == 0)) {
      masks = bits == 16 ? new int[] {0x7C00, 0x3E0, 0x1F} : new int[] {0xFF0000, 0xFF00, 0xFF};
    }
    for (int c = 0; c < masks.length; c++) {
      shifts[c] = Integer.numberOfTrailingZeros(masks[c]);
      maxima[c] = masks[c] == 0 ? 0 : masks[c] >>> shifts[c];
      // Bits side by side, and as many as a byte holds at most.
      if (maxima[c] < 1 || maxima[c] > 0xFF || (maxima[c] & (maxima[c] + 1)) != 0) {
        throw new IOException("its masks of colours are not known");
      }
    }
  }

  private void readPalette(int entry, long colors) throws IOException {
    if (colors > 1 << 16) {
      throw new IOException("its palette has %d colours".formatted(colors));
    }
    palette = new byte[3 * 256];
    boolean grey = true;
    for (int i = 0; i < colors; i++) {
      byte[] color = new byte[entry];
      in.fill(color, 0, entry);
      for (int c = 0; c < 3 && i < 256; c++) {
        palette[3 * i + c] = color[2 - c];
      }
      grey &= isGrey(color, colors == 2 ? 255 * i : i);
    }
    for (int i = (int) colors; grey && i < 256; i++) {
      // Colours that a palette of greys lacks are greys, those that another lacks are black.
      Arrays.fill(palette, 3 * i, 3 * i + 3, (byte) i);
    }
    position += entry * colors;
  }

  private static boolean isGrey(byte[] color, int value) {
    return color[0] == (byte) value && color[1] == (byte) value && color[2] == (byte) value;
  }

  /** The place of the first byte of a row; most files store them from the bottom up. */
  private int place(int row) {
    return 3 * size.width() * (downward ? row : size.height() - 1 - row);
  }

  private void readRows(byte[] rgb) throws IOException {
    byte[] row = new byte[(int) (((long) size.width() * bits + 31) / 32 * 4)];
    for (int y = 0; y < size.height(); y++) {
      in.fill(row, 0, row.length);
      int to = place(y);
      for (int x = 0; x < size.width(); x++, to += 3) {
        if (bits <= 8) {
          int bit = x * bits;
          int index = (row[bit / 8] & 0xFF) >> (8 - bits - bit % 8) & ((1 << bits) - 1);
          System.arraycopy(palette, 3 * index, rgb, to, 3);
        } else {
          int pixel = 0;
          for (int at = (x + 1) * bits / 8 - 1; at >= x * bits / 8; at--) {
            pixel = pixel << 8 | (row[at] & 0xFF);
          }
          for (int c = 0; c < 3; c++) {
            rgb[to + c] = (byte) (((pixel >>> shifts[c]) & maxima[c]) * 255 / maxima[c]);
          }
        }
      }
    }
  }

  /** Pairs of a number and an index, or of zero and what else comes. */
  private void readRuns(byte[] rgb) throws IOException {
    int width = size.width();
    long pixels = (long) width * size.height();
    for (int i = 0; i < rgb.length; i += 3) {
      System.arraycopy(palette, 0, rgb, i, 3);
    }
    long at = 0;
    int x = 0;
    while (at < pixels) {
      int count = in.next();
      int value = in.next();
      if (count > 0) {
        // What is too long for its row is cut off.
        int n = Math.min(count, Math.max(0, width - x));
        for (int i = 0; i < n; i++) {
          store(rgb, at++, i % 2 == 0 ? value >> 4 : value & 15, value);
        }
        x += n;
      } else if (value == 0) {
        at = (at + width - 1) / width * width;
        x = 0;
      } else if (value == 1) {
        return;
      } else if (value == 2) {
        at += in.next();
        at += (long) width * in.next();
        x = (int) (at % width);
      } else {
        byte[] plain = in.bytes(((compression == RLE8 ? value : (value + 1) / 2) + 1) & ~1);
        for (int i = 0; i < value; i++) {
          int pair = plain[i / 2] & 0xFF;
          store(
              rgb, at++, i % 2 == 0 ? pair >> 4 : pair & 15, plain[Math.min(i, plain.length - 1)]);
        }
        x += value;
      }
    }
  }

  private void store(byte[] rgb, long at, int half, int whole) {
    if (at < (long) size.width() * size.height()) {
      int index = compression == RLE8 ? whole & 0xFF : half;
      int to = place((int) (at / size.width())) + 3 * (int) (at % size.width());
      System.arraycopy(palette, 3 * index, rgb, to, 3);
    }
  }
}
