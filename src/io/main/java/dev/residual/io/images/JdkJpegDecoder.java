package dev.residual.io.images;

import dev.residual.io.files.ByteArrayInput;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;

/**
 * Decoding of JPEG images by the JDK: it decodes the samples, which become those of libjpeg-turbo
 * by its formulas and roundings.
 */
final class JdkJpegDecoder {
  private static final ImageReaderSpi PROVIDER = provider();

  private JdkJpegDecoder() {}

  /** The samples of each pixel: grey; red, green and blue; or four inverted inks. */
  static byte[] decode(JpegStream stream) throws IOException {
    Raster raster;
    ImageReader reader = PROVIDER.createReaderInstance();
    try {
      reader.setInput(new ByteArrayInput(stream.bytes()), true, true);
      raster = reader.readRaster(0, null);
    } catch (RuntimeException e) {
      // The JDK's decoder meets hostile bytes with all sorts of them.
      throw new IOException("its data are damaged", e);
    } finally {
      reader.dispose();
    }
    byte[] samples = ((DataBufferByte) raster.getDataBuffer()).getData();
    int bands = stream.components().length;
    for (int c = 0; c < bands && bands > 1; c++) {
      if (stream.hasHalfTheRows(c)) {
        smoothRows(stream.size(), samples, bands, c);
      }
    }
    if (stream.hasChroma()) {
      Chroma.toRgb(samples, bands);
    }
    return samples;
  }

  /**
   * Interpolates a component between its rows, of which the JDK gives each twice: the nearer one
   * counts three times, and halves are rounded down above and up below, as in libjpeg-turbo.
   */
  private static void smoothRows(ImageSize size, byte[] samples, int bands, int component) {
    int stride = bands * size.width();
    byte[] above = new byte[size.width()];
    for (int y = 0; y < size.height(); y += 2) {
      for (int x = 0; x < size.width(); x++) {
        int at = y * stride + x * bands + component;
        int sample = samples[at] & 0xFF;
        int before = y == 0 ? sample : above[x] & 0xFF;
        int after = y + 2 < size.height() ? samples[at + 2 * stride] & 0xFF : sample;
        above[x] = (byte) sample;
        samples[at] = (byte) ((3 * sample + before + 1) >> 2);
        if (y + 1 < size.height()) {
          samples[at + stride] = (byte) ((3 * sample + after + 2) >> 2);
        }
      }
    }
  }

  private static ImageReaderSpi provider() {
    ImageReaderSpi provider =
        ImageProvider.registered("com.sun.imageio.plugins.jpeg.JPEGImageReaderSpi");
    if (provider == null) {
      throw new IllegalStateException("this JDK has no decoder of JPEG images");
    }
    return provider;
  }
}
