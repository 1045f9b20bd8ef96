package dev.residual.bindings.turbojpeg;

import dev.residual.bindings.NativeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The decompression of JPEG images. Safe for use by many threads at once. */
public final class JpegDecompression {
  private static final MemorySegment NONE = MemorySegment.NULL;

  private JpegDecompression() {}

  /**
   * The pixels of an image, row by row from the top, decoded exactly: chroma interpolated, the
   * cosine transform in integers. Data that are damaged give what the library makes of them.
   *
   * @param jpeg the file's bytes
   * @param width the number of pixels of a row, at least that of the image
   * @param height the number of rows, at least that of the image
   * @param format one of {@code TJPF_GRAY}, {@code TJPF_RGB} and {@code TJPF_CMYK}
   * @return a byte for each sample
   * @throws NativeException if the library decodes nothing
   * @throws OutOfMemoryError if there is no memory for the pixels
   */
  public static byte[] decompress(byte[] jpeg, int width, int height, int format) {
    int samples = samples(format);
    int pitch = Math.multiplyExact(width, samples);
    int size = Math.multiplyExact(pitch, height);
    MemorySegment decompressor = TurboJpeg.tjInitDecompress();
    if (decompressor.address() == 0) {
      throw failure("tjInitDecompress", NONE);
    }
    // Off the heap, since the garbage collector waits for a call that works on it.
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment src = arena.allocateFrom(ValueLayout.JAVA_BYTE, jpeg);
      MemorySegment dst = arena.allocate(size);
      int status =
          TurboJpeg.tjDecompress2(
              decompressor,
              src,
              jpeg.length,
              dst,
              width,
              pitch,
              height,
              format,
              TurboJpeg.TJFLAG_ACCURATEDCT());
      if (status != 0 && TurboJpeg.tjGetErrorCode(decompressor) != TurboJpeg.TJERR_WARNING()) {
        throw failure("tjDecompress2", decompressor);
      }
      return dst.toArray(ValueLayout.JAVA_BYTE);
    } finally {
      int ignored = TurboJpeg.tjDestroy(decompressor);
    }
  }

  private static int samples(int format) {
    if (format == TurboJpeg.TJPF_GRAY()) {
      return 1;
    }
    if (format == TurboJpeg.TJPF_RGB()) {
      return 3;
    }
    if (format == TurboJpeg.TJPF_CMYK()) {
      return 4;
    }
    throw new IllegalArgumentException("pixel format " + format + ", expected grey, RGB or CMYK");
  }

  private static NativeException failure(String function, MemorySegment decompressor) {
    MemorySegment text = TurboJpeg.tjGetErrorStr2(decompressor);
    String words = text.address() == 0 ? "it says no more" : text.getString(0);
    return new NativeException(function, -1, "error", words);
  }
}
