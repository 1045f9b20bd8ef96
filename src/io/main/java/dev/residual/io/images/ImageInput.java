package dev.residual.io.images;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The bytes of an image file, read once from front to back. */
final class ImageInput {
  private final InputStream in;
  private final long size;
  private final byte[] buffer = new byte[1 << 14];
  private int at;
  private int end;

  /**
   * Input from a stream, which the caller closes.
   *
   * @param size at most so many bytes come, if the stream does not end before
   */
  ImageInput(InputStream in, long size) {
    this.in = in;
    this.size = size;
  }

  /** The size of the file, at most. */
  long size() {
    return size;
  }

  /** The next bytes, which stay unread: as many as asked for, or as there are. */
  byte[] peek(int count) throws IOException {
    System.arraycopy(buffer, at, buffer, 0, end - at);
    end -= at;
    at = 0;
    while (end < count) {
      int n = in.read(buffer, end, buffer.length - end);
      if (n < 0) {
        break;
      }
      end += n;
    }
    byte[] head = new byte[Math.min(count, end)];
    System.arraycopy(buffer, 0, head, 0, head.length);
    return head;
  }

  /** The next byte, -1 at the end. */
  int read() throws IOException {
    if (at == end) {
      end = Math.max(0, in.read(buffer));
      at = 0;
      if (end == 0) {
        return -1;
      }
    }
    return buffer[at++] & 0xFF;
  }

  /**
   * The next byte.
   *
   * @throws EOFException at the end
   */
  int next() throws IOException {
    int b = read();
    if (b < 0) {
      throw new EOFException();
    }
    return b;
  }

  /** The next two bytes, the higher first. */
  int nextBig16() throws IOException {
    return next() << 8 | next();
  }

  /** The next four bytes, the highest first. */
  int nextBig32() throws IOException {
    return nextBig16() << 16 | nextBig16();
  }

  /** The next two bytes, the lower first. */
  int nextLittle16() throws IOException {
    return next() | next() << 8;
  }

  /** The next four bytes, the lowest first. */
  int nextLittle32() throws IOException {
    return nextLittle16() | nextLittle16() << 16;
  }

  /** Fills a part of an array; fewer bytes than asked for are an {@link EOFException}. */
  void fill(byte[] dst, int offset, int length) throws IOException {
    int copied = Math.min(length, end - at);
    System.arraycopy(buffer, at, dst, offset, copied);
    at += copied;
    if (in.readNBytes(dst, offset + copied, length - copied) < length - copied) {
      throw new EOFException();
    }
  }

  /** The next bytes; memory is taken as they come. */
  byte[] bytes(int length) throws IOException {
    int buffered = Math.min(length, end - at);
    byte[] rest = in.readNBytes(length - buffered);
    if (rest.length < length - buffered) {
      throw new EOFException();
    }
    byte[] bytes = new byte[length];
    System.arraycopy(buffer, at, bytes, 0, buffered);
    System.arraycopy(rest, 0, bytes, buffered, rest.length);
    at += buffered;
    return bytes;
  }

  /** All that is left; memory is taken as it comes. */
  byte[] rest() throws IOException {
    int buffered = end - at;
    byte[] rest = in.readNBytes((int) Math.min(size, Integer.MAX_VALUE - 8 - buffered));
    byte[] bytes = new byte[buffered + rest.length];
    System.arraycopy(buffer, at, bytes, 0, buffered);
    System.arraycopy(rest, 0, bytes, buffered, rest.length);
    at = end;
    return bytes;
  }

  /** Moves what has been read ahead, up to the first byte with all bits set. */
  void movePlain(OutputStream dst) throws IOException {
    int from = at;
    while (at < end && buffer[at] != -1) {
      at++;
    }
    dst.write(buffer, from, at - from);
  }

  /** Passes over bytes. */
  void skip(long count) throws IOException {
    int buffered = (int) Math.min(count, end - at);
    at += buffered;
    try {
      in.skipNBytes(count - buffered);
    } catch (EOFException e) {
      throw new EOFException();
    }
  }
}
