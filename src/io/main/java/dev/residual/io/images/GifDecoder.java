package dev.residual.io.images;

import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;

/**
 * Decoding of the first frame of GIF images as Pillow does it: placed on the screen, which is of
 * the transparent colour, or of colour 0 where there is none.
 *
 * <p>Source: Graphics Interchange Format, version 89a. Bytes between blocks that begin none are
 * passed over.
 */
final class GifDecoder {
  /** A code is for at most so many pixels, and has 12 bits then. */
  private static final int LONGEST = 1 << 12;

  /** First row and step of each pass of an interlaced frame. */
  private static final int[][] PASSES = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};

  private static final int[][] WHOLE = {{0, 1}};

  private final ImageInput in;
  private byte[] palette = grey(0);
  private int transparent;

  private GifDecoder(ImageInput in) {
    this.in = in;
  }

  static Pixels decode(ImageInput in) throws IOException {
    return new GifDecoder(in).decode();
  }

  private Pixels decode() throws IOException {
    in.skip(6);
    int screenWidth = in.nextLittle16();
    int screenHeight = in.nextLittle16();
    int flags = in.next();
    in.skip(2);
    if ((flags & 0x80) != 0) {
      palette = readPalette(flags);
    }
    findFrame();
    int left = in.nextLittle16();
    int top = in.nextLittle16();
    int width = in.nextLittle16();
    int height = in.nextLittle16();
    flags = in.next();
    if ((flags & 0x80) != 0) {
      palette = readPalette(flags);
    }
    if (width == 0 || height == 0) {
      throw new IOException("its first frame has %d x %d pixels".formatted(width, height));
    }
    ImageSize size =
        ImageSize.of(
            Math.max(screenWidth, left + width),
            Math.max(screenHeight, top + height),
            in.size() * LONGEST * 8 / 12);
    byte[] rgb = size.rgb();
    for (int to = 0; to < rgb.length; to += 3) {
      System.arraycopy(palette, 3 * transparent, rgb, to, 3);
    }
    Codes codes = new Codes(in.next());
    byte[] row = new byte[width];
    for (int[] pass : (flags & 0x40) != 0 ? PASSES : WHOLE) {
      for (int y = pass[0]; y < height; y += pass[1]) {
        codes.fill(row);
        int to = 3 * ((top + y) * size.width() + left);
        for (int x = 0; x < width; x++, to += 3) {
          System.arraycopy(palette, 3 * (row[x] & 0xFF), rgb, to, 3);
        }
      }
    }
    return new Pixels(size.height(), size.width(), rgb);
  }

  private byte[] readPalette(int flags) throws IOException {
    int colors = 2 << (flags & 7);
    byte[] read = new byte[3 * 256];
    in.fill(read, 0, 3 * colors);
    byte[] grey = grey(colors);
    // Colours that a palette of greys lacks are greys, those that another lacks are black.
    return Arrays.equals(read, 0, 3 * colors, grey, 0, 3 * colors) ? grey(256) : read;
  }

  /** A palette whose first colours are the greys of their numbers; without any, all are. */
  private static byte[] grey(int colors) {
    byte[] grey = new byte[3 * 256];
    for (int i = 0; i < 3 * (colors == 0 ? 256 : colors); i++) {
      grey[i] = (byte) (i / 3);
    }
    return grey;
  }

  /** Reads up to the first frame. */
  private void findFrame() throws IOException {
    for (int block = in.next(); block != ','; block = in.next()) {
      if (block == ';') {
        throw new IOException("it has no picture");
      }
      if (block == '!') {
        boolean control = in.next() == 0xF9;
        int length = in.next();
        if (control && length >= 4) {
          int flags = in.next();
          in.skip(2);
          int color = in.next();
          transparent = (flags & 1) != 0 ? color : transparent;
          in.skip(length - 4);
        } else {
          in.skip(length);
        }
        while (length > 0) {
          length = in.next();
          in.skip(length);
        }
      }
    }
  }

  /** The numbers of colours that the codes of Lempel, Ziv and Welch stand for. */
  private final class Codes {
    private final int clear;
    private final int firstBits;
    private final short[] before = new short[LONGEST];
    private final byte[] last = new byte[LONGEST];
    private final byte[] word = new byte[LONGEST + 1];

    /** The word is read backwards: its next byte is below this place. */
    private int left;

    private int bits;
    private int next;
    private int previous;
    private byte first;
    private int buffer;
    private int buffered;
    private int blockLeft;

    Codes(int bits) throws IOException {
      if (bits < 1 || bits > 11) {
        throw new IOException("its codes of %d bits are not known".formatted(bits));
      }
      clear = 1 << bits;
      firstBits = bits + 1;
      for (int i = 0; i < clear; i++) {
        last[i] = (byte) i;
      }
      reset();
    }

    private void reset() {
      bits = firstBits;
      next = clear + 2;
      previous = -1;
    }

    void fill(byte[] row) throws IOException {
      for (int x = 0; x < row.length; ) {
        if (left == 0) {
          readWord();
        }
        int n = Math.min(left, row.length - x);
        for (int i = 0; i < n; i++) {
          row[x++] = word[--left];
        }
      }
    }

    private void readWord() throws IOException {
      int code = readCode();
      while (code == clear) {
        reset();
        code = readCode();
      }
      if (code == clear + 1) {
        throw new EOFException();
      }
      if (code > next || (code >= clear && previous < 0) || (code == next && previous < 0)) {
        throw new IOException("its codes are damaged");
      }
      int at = code;
      if (code == next) {
        // The word before, and its first byte once more.
        word[left++] = first;
        at = previous;
      }
      for (; at >= clear; at = before[at]) {
        word[left++] = last[at];
      }
      first = last[at];
      word[left++] = first;
      if (previous >= 0 && next < LONGEST) {
        before[next] = (short) previous;
        last[next++] = first;
        if (next == 1 << bits && bits < 12) {
          bits++;
        }
      }
      previous = code;
    }

    private int readCode() throws IOException {
      while (buffered < bits) {
        if (blockLeft == 0) {
          blockLeft = in.next();
          if (blockLeft == 0) {
            throw new EOFException();
          }
        }
        buffer |= in.next() << buffered;
        buffered += 8;
        blockLeft--;
      }
      int code = buffer & ((1 << bits) - 1);
      buffer >>>= bits;
      buffered -= bits;
      return code;
    }
  }
}
