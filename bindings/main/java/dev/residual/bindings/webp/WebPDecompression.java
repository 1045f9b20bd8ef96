package dev.residual.bindings.webp;

import dev.residual.bindings.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The decompression of WebP images. Safe for use by many threads at once. */
public final class WebPDecompression {
  private WebPDecompression() {}

  /**
   * Red, green and blue of an image that is not animated, row by row from the top.
   *
   * @param webp the file's bytes
   * @param width the number of pixels of a row
   * @param height the number of rows
   * @throws NativeException if the library decodes nothing, or another size
   * @throws OutOfMemoryError if there is no memory for the pixels
   */
  public static byte[] decompress(byte[] webp, int width, int height) {
    int stride = Math.multiplyExact(3, width);
    int size = Math.multiplyExact(stride, height);
    // Off the heap, since the garbage collector waits for a call that works on it.
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment src = arena.allocateFrom(ValueLayout.JAVA_BYTE, webp);
      MemorySegment dst = arena.allocate(size);
      MemorySegment done = WebP.WebPDecodeRGBInto(src, webp.length, dst, size, stride);
      if (done.address() == 0) {
        throw new NativeException("WebPDecodeRGBInto", 0, "NULL", "its data are damaged");
      }
      return dst.toArray(ValueLayout.JAVA_BYTE);
    }
  }
}
