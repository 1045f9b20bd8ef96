package dev.residual.io.weights;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * The bytes of a pickle, of which no more than a limit are read. What no tensor needs, as arrays of
 * bytes and long texts, is passed over and takes no memory.
 */
final class PickleInput {
  /** The longest text in bytes that is kept: names are far shorter. */
  static final int LONGEST_TEXT = 1024;

  private static final int LONGEST_INTEGER = 255;

  private final InputStream in;
  private final long limit;
  private long left;

  PickleInput(InputStream in, long limit) {
    this.in = in;
    this.limit = limit;
    this.left = limit;
  }

  /** The next byte, from 0 to 255. */
  int u1() throws IOException {
    take(1);
    int value = in.read();
    if (value < 0) {
      throw new EOFException();
    }
    return value;
  }

  int u2() throws IOException {
    return u1() | u1() << 8;
  }

  int i4() throws IOException {
    return u2() | u2() << 16;
  }

  long u4() throws IOException {
    return Integer.toUnsignedLong(i4());
  }

  /**
   * A length of eight bytes.
   *
   * @throws IOException if it is beyond 63 bits
   */
  long u8() throws IOException {
    long value = ByteBuffer.wrap(bytes(Long.BYTES)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (value < 0) {
      take(Long.MAX_VALUE);
    }
    return value;
  }

  /** A float, the only number in the order of networks. */
  double f8() throws IOException {
    return ByteBuffer.wrap(bytes(Double.BYTES)).getDouble();
  }

  /** An integer of this many bytes: a Long where it fits, else a BigInteger. */
  Object integer(long length) throws IOException {
    if (length > LONGEST_INTEGER) {
      return skipped(length, PickleGlobal.INT);
    }
    byte[] bytes = bytes((int) length);
    if (length == 0) {
      return 0L;
    }
    for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
      byte swapped = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swapped;
    }
    BigInteger value = new BigInteger(bytes);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  /** A text of this many bytes, or what stands for one that is too long to be a name. */
  Object text(long length, Charset charset) throws IOException {
    return length > LONGEST_TEXT
        ? skipped(length, PickleGlobal.STR)
        : new String(bytes((int) length), charset);
  }

  /** What stands for so many bytes, which are passed over. */
  Object skipped(long length, PickleGlobal type) throws IOException {
    take(length);
    in.skipNBytes(length);
    return type;
  }

  /** A line of text, as names of globals are written. */
  String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = u1(); c != '\n'; c = u1()) {
      if (line.size() == LONGEST_TEXT) {
        throw new IOException("refers to a Python object with an endless name");
      }
      line.write(c);
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  private byte[] bytes(int length) throws IOException {
    take(length);
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException();
    }
    return bytes;
  }

  private void take(long n) throws IOException {
    if (n > left) {
      throw new IOException("the pickle in it is longer than " + limit + " bytes");
    }
    left -= n;
  }
}
