package dev.residual.io.images;

import java.awt.color.ColorSpace;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;

/**
 * Decoding of TIFF images, of several pages the first, as Pillow does it: transparency and profiles
 * are ignored; of 16 bits the higher 8 count, but in grey all that is above 255 is white; and what
 * a file says of its orientation is always done.
 */
final class TiffDecoder {
  private TiffDecoder() {}

  static Picture decode(ImageInput in) throws IOException {
    byte[] file = in.rest();
    boolean big = file.length > 3 && (file[2] == 43 || file[3] == 43);
    ImageProvider provider = big ? ImageProvider.BIG_TIFF : ImageProvider.TIFF;
    Pixels pixels = provider.read(file, TiffDecoder::read);
    return Picture.of(Turn.of(ExifDirectory.orientation(file)).apply(pixels));
  }

  private static Pixels read(ImageReader reader) throws IOException {
    ImageSize size = ImageSize.of(reader.getWidth(0), reader.getHeight(0), ImageFile.MAX_PIXELS);
    ImageTypeSpecifier type = reader.getRawImageType(0);
    if (type == null) {
      throw new IOException("its kind of samples is not known");
    }
    return pixels(size, type.getColorModel(), reader.readRaster(0, null));
  }

  private static Pixels pixels(ImageSize size, ColorModel colors, Raster raster) {
    int bits = raster.getSampleModel().getSampleSize(0);
    if (colors instanceof IndexColorModel palette) {
      return indexed(size, palette, raster);
    }
    boolean grey = raster.getNumBands() < 3;
    if (colors.getColorSpace().getType() == ColorSpace.TYPE_CMYK) {
      return inks(size, raster, bits);
    }
    int most = (1 << Math.min(bits, 30)) - 1;
    return RasterPixels.of(
        size,
        raster,
        bits == 8
            ? sample -> sample
            : bits < 8
                ? sample -> sample * 255 / most
                : grey ? sample -> Math.min(sample, 255) : sample -> sample >>> bits - 8);
  }

  private static Pixels indexed(ImageSize size, IndexColorModel palette, Raster raster) {
    byte[] rgb = size.rgb();
    int[] row = new int[size.width()];
    int to = 0;
    for (int y = 0; y < size.height(); y++) {
      raster.getSamples(0, y, size.width(), 1, 0, row);
      for (int index : row) {
        int color = palette.getRGB(index);
        rgb[to++] = (byte) (color >> 16);
        rgb[to++] = (byte) (color >> 8);
        rgb[to++] = (byte) color;
      }
    }
    return new Pixels(size.height(), size.width(), rgb);
  }

  private static Pixels inks(ImageSize size, Raster raster, int bits) {
    byte[] inverted = new byte[4 * size.width() * size.height()];
    int bands = raster.getNumBands();
    int[] row = new int[bands * size.width()];
    int to = 0;
    for (int y = 0; y < size.height(); y++) {
      raster.getPixels(0, y, size.width(), 1, row);
      for (int from = 0; from < row.length; from += bands) {
        for (int c = 0; c < 4; c++) {
          inverted[to++] = (byte) ~(row[from + c] >> bits - 8);
        }
      }
    }
    return new Pixels(size.height(), size.width(), Inks.fromInverted(size, inverted));
  }
}
