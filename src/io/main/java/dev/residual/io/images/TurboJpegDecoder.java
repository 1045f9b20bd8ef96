package dev.residual.io.images;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.turbojpeg.JpegDecompression;
import dev.residual.bindings.turbojpeg.TurboJpeg;
import dev.residual.bindings.turbojpeg.TurboJpegLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.util.Base64;
import java.util.zip.CRC32;

/** Decoding of JPEG images by libturbojpeg, where there is one. */
final class TurboJpegDecoder {
  /** Adobe's marker, whose last byte tells what the components are. */
  private static final byte[] ADOBE = {
    (byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
  };

  private TurboJpegDecoder() {}

  /** Whether there is a library that gives the right pixels, and no property forbids it. */
  static boolean isUsable() {
    return TurboJpegLibrary.isAvailable() && Trial.PASSED;
  }

  /** The samples of each pixel: grey; red, green and blue; or four inverted inks. */
  static byte[] decode(JpegStream stream) throws IOException {
    int bands = stream.components().length;
    int format =
        switch (bands) {
          case 1 -> TurboJpeg.TJPF_GRAY();
          case 3 -> TurboJpeg.TJPF_RGB();
          default -> TurboJpeg.TJPF_CMYK();
        };
    ImageSize size = stream.size();
    try {
      return JpegDecompression.decompress(
          bands == 1 ? stream.bytes() : marked(stream), size.width(), size.height(), format);
    } catch (NativeException e) {
      throw new IOException("its data are damaged", e);
    }
  }

  /** The stream with a marker in place of those that were left out. */
  private static byte[] marked(JpegStream stream) {
    byte[] plain = stream.bytes();
    byte[] marked = new byte[plain.length + ADOBE.length];
    System.arraycopy(plain, 0, marked, 0, 2);
    System.arraycopy(ADOBE, 0, marked, 2, ADOBE.length);
    System.arraycopy(plain, 2, marked, 2 + ADOBE.length, plain.length - 2);
    int transform = stream.hasChroma() ? (stream.components().length == 3 ? 1 : 2) : 0;
    marked[1 + ADOBE.length] = (byte) transform;
    return marked;
  }

  /**
   * The decoding of a small image whose chroma has half of the rows, which not all versions
   * interpolate.
   */
  static final class Trial {
    static final String IMAGE =
        "/9j/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9"
            + "lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8"
            + "fHx8fHx8fHz/wAARCAAQABADARIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAwIE/8QAIRAAAgIBAgcAAAAA"
            + "AAAAAAAAAQMCBAARMQUSExQVMlH/xAAWAQEBAQAAAAAAAAAAAAAAAAABAAL/xAAfEQACAgIBBQAAAAAAAAAAAAAB"
            + "AgADERIEISIjQVH/2gAMAwEAAhEDEQA/ABscWZaYFGOkzsMS0a0GCK16PPrL5iWsVtxV1+wo5DY2ZsTP5Wcz2lgc"
            + "nTyUhLHyDY6tG8smLDyMmCfc2wNvcF3n/9k=";

    /** The checksum of the pixels that Pillow 12.3 decodes. */
    static final long CHECKSUM = 0xE1E225C5L;

    private static final boolean PASSED = isPassed();

    private Trial() {}

    private static boolean isPassed() {
      byte[] jpeg = Base64.getDecoder().decode(IMAGE);
      CRC32 checksum = new CRC32();
      try {
        ImageInput in = new ImageInput(new ByteArrayInputStream(jpeg), jpeg.length);
        checksum.update(decode(JpegStream.read(in)));
      } catch (IOException e) {
        return false;
      }
      if (checksum.getValue() != CHECKSUM) {
        System.getLogger("dev.residual")
            .log(
                Logger.Level.INFO,
                "{0} gives other pixels than it should, so it is not used",
                TurboJpegLibrary.library());
      }
      return checksum.getValue() == CHECKSUM;
    }
  }
}
