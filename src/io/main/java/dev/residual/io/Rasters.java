package dev.residual.io;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/** Conversion of AWT images to red, green and blue without colour management. */
final class Rasters {

  private Rasters() {}

  static Pixels toPixels(BufferedImage image) {
    byte[] rgb = new byte[3 * image.getHeight() * image.getWidth()];
    Raster raster = image.getRaster();
    if (image.getColorModel() instanceof IndexColorModel) {
      fromPalette(image, rgb);
    } else if (image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_CMYK) {
      fromInks(raster, rgb);
    } else if (raster.getSampleModel() instanceof PixelInterleavedSampleModel model
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && raster.getSampleModelTranslateX() == 0
        && raster.getSampleModelTranslateY() == 0) {
      fromBytes(model, buffer, rgb);
    } else {
      fromSamples(raster, rgb);
    }
    return new Pixels(image.getHeight(), image.getWidth(), rgb);
  }

  private static void fromPalette(BufferedImage image, byte[] rgb) {
    int width = image.getWidth();
    int[] row = new int[width];
    int to = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int argb : row) {
        rgb[to++] = (byte) (argb >> 16);
        rgb[to++] = (byte) (argb >> 8);
        rgb[to++] = (byte) argb;
      }
    }
  }

  private static void fromBytes(
      PixelInterleavedSampleModel model, DataBufferByte buffer, byte[] rgb) {
    byte[] data = buffer.getData();
    int[] bands = model.getBandOffsets();
    boolean color = bands.length >= 3;
    int red = buffer.getOffset() + bands[0];
    int green = color ? buffer.getOffset() + bands[1] : red;
    int blue = color ? buffer.getOffset() + bands[2] : red;
    int to = 0;
    for (int y = 0; y < model.getHeight(); y++) {
      int from = y * model.getScanlineStride();
      for (int x = 0; x < model.getWidth(); x++, from += model.getPixelStride()) {
        rgb[to++] = data[red + from];
        rgb[to++] = data[green + from];
        rgb[to++] = data[blue + from];
      }
    }
  }

  /** Cyan, magenta, yellow and black, each taking its share of light away. */
  private static void fromInks(Raster raster, byte[] rgb) {
    int[] row = new int[4 * raster.getWidth()];
    int to = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
      for (int x = 0; x < row.length; x += 4) {
        for (int c = 0; c < 3; c++) {
          rgb[to++] = (byte) Math.round((255 - row[x + c]) * (255 - row[x + 3]) / 255f);
        }
      }
    }
  }

  private static void fromSamples(Raster raster, byte[] rgb) {
    int bands = raster.getNumBands();
    int[] bits = raster.getSampleModel().getSampleSize();
    int[] row = new int[bands * raster.getWidth()];
    int to = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
      for (int x = 0; x < row.length; x += bands) {
        for (int c = 0; c < 3; c++) {
          int band = bands >= 3 ? c : 0;
          rgb[to++] = toByte(row[x + band], bits[band]);
        }
      }
    }
  }

  private static byte toByte(int sample, int bits) {
    return (byte) (bits >= 8 ? sample >>> (bits - 8) : sample * 255 / ((1 << bits) - 1));
  }
}
