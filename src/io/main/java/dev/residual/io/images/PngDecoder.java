package dev.residual.io.images;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.InflaterInputStream;

/**
 * Decoding of PNG images as Pillow does it: transparency and profiles are ignored, of 16 bits the
 * higher 8 count, but in grey without transparency all that is above 255 is white.
 *
 * <p>Source: Portable Network Graphics, 3rd edition. The checksums are not looked at.
 */
final class PngDecoder {
  private static final int HEADER = 0x49484452;
  private static final int PALETTE = 0x504C5445;
  private static final int DATA = 0x49444154;
  private static final int EXIF = 0x65584966;
  private static final int END = 0x49454E44;

  /** Deflate codes at most so many bytes by one. */
  private static final long MOST_INFLATED = 1032;

  /** First column, first row, and the steps of both in the passes of an interlaced image. */
  private static final int[][] PASSES = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private static final int[][] WHOLE = {{0, 0, 1, 1}};

  private final ImageInput in;
  private ImageSize size;
  private int bits;
  private int bands;
  private boolean indexed;
  private boolean interlaced;
  private final byte[] palette = new byte[3 * 256];
  private byte[] exif = {};
  private Data data = new Data(0);

  private PngDecoder(ImageInput in) {
    this.in = in;
    size = new ImageSize(0, 0);
  }

  static Picture decode(ImageInput in) throws IOException {
    in.skip(8);
    PngDecoder decoder = new PngDecoder(in);
    decoder.readHeader();
    Pixels pixels = decoder.readPixels(decoder.findData());
    return new Picture(pixels, decoder::readExif);
  }

  private void readHeader() throws IOException {
    if (in.nextBig32() != 13 || in.nextBig32() != HEADER) {
      throw new IOException("it has no header IHDR");
    }
    long width = Integer.toUnsignedLong(in.nextBig32());
    long height = Integer.toUnsignedLong(in.nextBig32());
    bits = in.next();
    int type = in.next();
    bands =
        switch (type) {
          case 0, 3 -> 1;
          case 2 -> 3;
          case 4 -> 2;
          case 6 -> 4;
          default -> 0;
        };
    indexed = type == 3;
    boolean known = bits == 8 || (bits == 16 && !indexed) || ((bits | 7) == 7 && bands == 1);
    if (bands == 0 || !known || Integer.bitCount(bits) != 1) {
      throw new IOException("its colour type %d with %d bits is not known".formatted(type, bits));
    }
    if (in.nextBig16() != 0) {
      throw new IOException("its compression or filter is not known");
    }
    interlaced = in.next() != 0;
    in.skip(4);
    // One row has a byte more than its pixels.
    size = ImageSize.of(width, height, MOST_INFLATED * in.size() / bands * 8 / bits);
  }

  /** Reads chunks up to the first of pixels, and returns its length. */
  private int findData() throws IOException {
    boolean palettes = false;
    while (true) {
      int length = in.nextBig32();
      int type = in.nextBig32();
      if (length < 0 || type == END) {
        throw new IOException("it has no chunk IDAT");
      }
      if (type == DATA) {
        if (indexed && !palettes) {
          throw new IOException("it has no palette");
        }
        return length;
      }
      if (type == PALETTE && length <= palette.length) {
        in.fill(palette, 0, length);
        palettes = true;
      } else if (type == EXIF) {
        exif = in.bytes(length);
      } else {
        in.skip(length);
      }
      in.skip(4);
    }
  }

  private Pixels readPixels(int length) throws IOException {
    byte[] rgb = size.rgb();
    data = new Data(length);
    try (InflaterInputStream inflated = new InflaterInputStream(data)) {
      for (int[] pass : interlaced ? PASSES : WHOLE) {
        readPass(inflated, pass, rgb);
      }
    }
    return new Pixels(size.height(), size.width(), rgb);
  }

  /** The EXIF data, which may come after the pixels; what is cut short there has none. */
  private byte[] readExif() throws IOException {
    try {
      in.skip(data.left + 4L);
      while (exif.length == 0) {
        int length = in.nextBig32();
        int type = in.nextBig32();
        if (length < 0 || type == END) {
          break;
        }
        if (type == EXIF) {
          exif = in.bytes(length);
        } else {
          in.skip(length + 4L);
        }
      }
    } catch (EOFException e) {
      return exif;
    }
    return exif;
  }

  private void readPass(InputStream inflated, int[] pass, byte[] rgb) throws IOException {
    int columns = (size.width() - pass[0] + pass[2] - 1) / pass[2];
    if (columns <= 0) {
      return;
    }
    int rowBytes = (int) (((long) columns * bands * bits + 7) / 8);
    int pixelBytes = Math.max(1, bands * bits / 8);
    // The pixel left of the first is zero.
    byte[] row = new byte[pixelBytes + rowBytes];
    byte[] above = new byte[pixelBytes + rowBytes];
    for (int y = pass[1]; y < size.height(); y += pass[3]) {
      int filter = inflated.read();
      if (filter < 0 || inflated.readNBytes(row, pixelBytes, rowBytes) < rowBytes) {
        throw new EOFException();
      }
      unfilter(filter, row, above, pixelBytes);
      store(row, pixelBytes, columns, rgb, 3 * (y * size.width() + pass[0]), 3 * pass[2]);
      byte[] next = above;
      above = row;
      row = next;
    }
  }

  private static void unfilter(int filter, byte[] row, byte[] above, int bpp) throws IOException {
    switch (filter) {
      case 0 -> {}
      case 1 -> {
        for (int i = bpp; i < row.length; i++) {
          row[i] += row[i - bpp];
        }
      }
      case 2 -> {
        for (int i = bpp; i < row.length; i++) {
          row[i] += above[i];
        }
      }
      case 3 -> {
        for (int i = bpp; i < row.length; i++) {
          row[i] += (byte) (((row[i - bpp] & 0xFF) + (above[i] & 0xFF)) >> 1);
        }
      }
      case 4 -> {
        for (int i = bpp; i < row.length; i++) {
          row[i] += (byte) paeth(row[i - bpp] & 0xFF, above[i] & 0xFF, above[i - bpp] & 0xFF);
        }
      }
      default -> throw new IOException("its filter " + filter + " is not known");
    }
  }

  /** Whichever of the neighbours is nearest to left + above - both. */
  private static int paeth(int left, int above, int both) {
    int fromLeft = Math.abs(above - both);
    int fromAbove = Math.abs(left - both);
    int fromBoth = Math.abs(left + above - 2 * both);
    return fromLeft <= fromAbove && fromLeft <= fromBoth
        ? left
        : fromAbove <= fromBoth ? above : both;
  }

  private void store(byte[] row, int from, int columns, byte[] rgb, int to, int step) {
    int bytes = bits / 8;
    boolean color = bands >= 3;
    for (int x = 0; x < columns; x++, to += step) {
      if (color) {
        int at = from + x * bands * bytes;
        rgb[to] = row[at];
        rgb[to + 1] = row[at + bytes];
        rgb[to + 2] = row[at + 2 * bytes];
      } else if (indexed) {
        System.arraycopy(palette, 3 * sample(row, from, x), rgb, to, 3);
      } else {
        byte grey = (byte) grey(row, from, x);
        rgb[to] = grey;
        rgb[to + 1] = grey;
        rgb[to + 2] = grey;
      }
    }
  }

  private int grey(byte[] row, int from, int x) {
    if (bits < 8) {
      return sample(row, from, x) * 255 / ((1 << bits) - 1);
    }
    int at = from + x * bands * (bits / 8);
    if (bits == 16 && bands == 1) {
      return row[at] == 0 ? row[at + 1] : 255;
    }
    return row[at];
  }

  private int sample(byte[] row, int from, int x) {
    int bit = x * bits;
    return (row[from + bit / 8] & 0xFF) >> (8 - bits - bit % 8) & ((1 << bits) - 1);
  }

  /** The content of successive chunks of pixels. */
  private final class Data extends InputStream {
    private int left;

    Data(int length) {
      left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] dst, int offset, int length) throws IOException {
      while (left == 0) {
        in.skip(4);
        left = in.nextBig32();
        if (left < 0 || in.nextBig32() != DATA) {
          throw new EOFException();
        }
      }
      int n = Math.min(left, length);
      in.fill(dst, offset, n);
      left -= n;
      return n;
    }
  }
}
