package dev.residual.io.images;

import dev.residual.io.files.ByteArrayInput;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Arrays;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * Decoding of JPEG images as Pillow does it: the JDK decodes the samples, and they become red,
 * green and blue by the formulas and roundings of libjpeg, whatever profile the file has.
 */
final class JpegDecoder {
  private static final ImageReaderSpi PROVIDER = provider();

  private JpegDecoder() {}

  static Pixels decode(ImageInput in) throws IOException {
    JpegStream stream = JpegStream.read(in);
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
    ImageSize size = stream.size();
    return new Pixels(size.height(), size.width(), rgb(stream, size, samples));
  }

  private static byte[] rgb(JpegStream stream, ImageSize size, byte[] samples) {
    if (stream.components().length == 1) {
      byte[] rgb = size.rgb();
      for (int i = 0; i < rgb.length; i++) {
        rgb[i] = samples[i / 3];
      }
      return rgb;
    }
    for (int c = 0; c < stream.components().length; c++) {
      if (stream.hasHalfTheRows(c)) {
        smoothRows(size, samples, stream.components().length, c);
      }
    }
    if (hasChroma(stream)) {
      Chroma.toRgb(samples, stream.components().length);
    }
    return stream.components().length == 3 ? samples : fromInks(size, samples);
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

  /** Whether samples are luminance and chroma, as libjpeg tells it by the markers. */
  private static boolean hasChroma(JpegStream stream) {
    if (stream.components().length == 4) {
      return stream.adobe() > 0;
    }
    if (stream.jfif()) {
      return true;
    }
    return stream.adobe() >= 0
        ? stream.adobe() != 0
        : !Arrays.equals(stream.components(), new byte[] {'R', 'G', 'B'});
  }

  /** Red, green and blue of inks, which JPEG files hold inverted: 255 is none. */
  private static byte[] fromInks(ImageSize size, byte[] inks) {
    byte[] rgb = size.rgb();
    for (int from = 0, to = 0; to < rgb.length; from += 4) {
      int light = inks[from + 3] & 0xFF;
      for (int c = 0; c < 3; c++) {
        int product = (255 - (inks[from + c] & 0xFF)) * light + 128;
        rgb[to++] = (byte) Math.max(0, light - (((product >> 8) + product) >> 8));
      }
    }
    return rgb;
  }

  private static ImageReaderSpi provider() {
    var providers =
        IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
    while (providers.hasNext()) {
      ImageReaderSpi provider = providers.next();
      if (provider.getClass().getName().equals("com.sun.imageio.plugins.jpeg.JPEGImageReaderSpi")) {
        return provider;
      }
    }
    throw new IllegalStateException("this JDK has no decoder of JPEG images");
  }
}
