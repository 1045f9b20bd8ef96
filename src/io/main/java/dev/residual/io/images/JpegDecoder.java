package dev.residual.io.images;

import java.io.IOException;
import java.util.Arrays;

/**
 * Decoding of JPEG images as Pillow does it, whatever profile the file has: by libturbojpeg, where
 * the system has it and it passes a trial, otherwise by the JDK, with the same pixels.
 */
final class JpegDecoder {
  private JpegDecoder() {}

  static Picture decode(ImageInput in) throws IOException {
    JpegStream stream = JpegStream.read(in);
    byte[] samples =
        TurboJpegDecoder.isUsable()
            ? TurboJpegDecoder.decode(stream)
            : JdkJpegDecoder.decode(stream);
    return new Picture(pixels(stream, samples), stream::exif);
  }

  /** The pixels of samples: grey; red, green and blue; or four inverted inks. */
  static Pixels pixels(JpegStream stream, byte[] samples) {
    ImageSize size = stream.size();
    int bands = stream.components().length;
    byte[] rgb = bands == 3 ? samples : size.rgb();
    for (int from = 0, to = 0; bands != 3 && to < rgb.length; from += bands, to += 3) {
      if (bands == 4) {
        Inks.writeInverted(samples, from, rgb, to);
      } else {
        Arrays.fill(rgb, to, to + 3, samples[from]);
      }
    }
    return new Pixels(size.height(), size.width(), rgb);
  }
}
