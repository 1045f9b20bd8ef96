package dev.residual.io.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Heap memory of tensors, filled from streams and written to them piece by piece. */
public final class HeapMemory {
  private static final int PIECE = 1 << 16;

  private HeapMemory() {}

  /**
   * Zeroed memory of an array whose elements have this size.
   *
   * @throws IOException if the array would be too long, or the heap has no room
   */
  public static MemorySegment allocate(long elements, int elementBytes) throws IOException {
    if (elements > Integer.MAX_VALUE - 8) {
      throw new IOException(elements + " elements are more than one Java array holds");
    }
    int n = (int) elements;
    try {
      return switch (elementBytes) {
        case 8 -> MemorySegment.ofArray(new long[n]);
        case 4 -> MemorySegment.ofArray(new int[n]);
        case 2 -> MemorySegment.ofArray(new short[n]);
        case 1 -> MemorySegment.ofArray(new byte[n]);
        default -> throw new IllegalArgumentException("element of " + elementBytes + " bytes");
      };
    } catch (OutOfMemoryError e) {
      throw new IOException(
          "no room on the Java heap for %d bytes; a larger -Xmx helps"
              .formatted(elements * elementBytes),
          e);
    }
  }

  /**
   * Fills memory from a stream.
   *
   * @throws EOFException if the stream ends before
   */
  public static void fill(MemorySegment dst, InputStream in) throws IOException {
    byte[] piece = new byte[(int) Math.min(PIECE, dst.byteSize())];
    for (long offset = 0; offset < dst.byteSize(); offset += piece.length) {
      int n = (int) Math.min(piece.length, dst.byteSize() - offset);
      if (in.readNBytes(piece, 0, n) < n) {
        throw new EOFException();
      }
      MemorySegment.copy(piece, 0, dst, ValueLayout.JAVA_BYTE, offset, n);
    }
  }

  /** Writes memory to a stream. */
  public static void write(MemorySegment src, OutputStream out) throws IOException {
    byte[] piece = new byte[(int) Math.min(PIECE, src.byteSize())];
    for (long offset = 0; offset < src.byteSize(); offset += piece.length) {
      int n = (int) Math.min(piece.length, src.byteSize() - offset);
      MemorySegment.copy(src, ValueLayout.JAVA_BYTE, offset, piece, 0, n);
      out.write(piece, 0, n);
    }
  }
}
