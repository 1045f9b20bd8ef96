package dev.residual.io.files;

import javax.imageio.stream.ImageInputStreamImpl;

/** An image input stream over a byte array. */
public final class ByteArrayInput extends ImageInputStreamImpl {
  private final byte[] bytes;

  public ByteArrayInput(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public int read() {
    bitOffset = 0;
    if (streamPos >= bytes.length) {
      return -1;
    }
    return bytes[(int) streamPos++] & 0xFF;
  }

  @Override
  public int read(byte[] dst, int offset, int length) {
    bitOffset = 0;
    if (streamPos >= bytes.length) {
      return -1;
    }
    int n = (int) Math.min(length, bytes.length - streamPos);
    System.arraycopy(bytes, (int) streamPos, dst, offset, n);
    streamPos += n;
    return n;
  }

  @Override
  public long length() {
    return bytes.length;
  }
}
