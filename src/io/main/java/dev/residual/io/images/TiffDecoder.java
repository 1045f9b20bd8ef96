package dev.residual.io.images;

import java.awt.color.ColorSpace;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.function.IntUnaryOperator;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;

/**
 * Decoding of TIFF images, of several pages the first, as Pillow does it: transparency and profiles
 * are ignored; of 16 bits the higher 8 count, but in grey all that is above 255 is white; and the
 * image is always turned as the file says.
 */
final class TiffDecoder {
  private static final int COMPRESSION = 0x103;
  private static final int JPEG = 7;
  private static final int PHOTOMETRIC = 0x106;
  private static final int WHITE_IS_ZERO = 0;
  private static final int LUMINANCE_AND_CHROMA = 6;
  private static final int CIELAB = 8;
  private static final int EXTRA_SAMPLES = 0x152;
  private static final int ASSOCIATED_ALPHA = 1;

  private final int photometric;
  private final boolean premultiplied;
  private final int compression;

  private TiffDecoder(byte[] file) {
    photometric = ExifDirectory.number(file, PHOTOMETRIC, -1);
    compression = ExifDirectory.number(file, COMPRESSION, 1);
    premultiplied = ExifDirectory.number(file, EXTRA_SAMPLES, 0) == ASSOCIATED_ALPHA;
  }

  static Picture decode(ImageInput in) throws IOException {
    byte[] file = in.rest();
    boolean big = file.length > 3 && (file[2] == 43 || file[3] == 43);
    ImageProvider provider = big ? ImageProvider.BIG_TIFF : ImageProvider.TIFF;
    Pixels pixels = provider.read(file, new TiffDecoder(file)::read);
    return Picture.of(Turn.of(ExifDirectory.orientation(file)).apply(pixels));
  }

  private Pixels read(ImageReader reader) throws IOException {
    if (photometric >= CIELAB || (photometric == LUMINANCE_AND_CHROMA && compression != JPEG)) {
      throw new IOException(
          "its colours, of photometric interpretation %d, are not known".formatted(photometric));
    }
    ImageSize size = ImageSize.of(reader.getWidth(0), reader.getHeight(0), ImageFile.MAX_PIXELS);
    ImageTypeSpecifier type = reader.getRawImageType(0);
    if (type == null) {
      throw new IOException("its kind of samples is not known");
    }
    Raster raster = reader.readRaster(0, null);
    int bits = raster.getSampleModel().getSampleSize(0);
    boolean grey = raster.getNumBands() < 3;
    if (type.getColorModel() instanceof IndexColorModel palette
        && (bits == 1 || photometric != WHITE_IS_ZERO)) {
      return RasterPixels.indexed(size, raster, palette);
    }
    if (bits > 16 && !grey) {
      throw new IOException("its samples have %d bits, expected 16 at most".formatted(bits));
    }
    if (type.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_CMYK) {
      return RasterPixels.ofInks(size, raster, sample -> sample >> (bits - 8));
    }
    return raster.getNumBands() == 4 && premultiplied
        ? RasterPixels.divided(size, raster, sample -> sample >> (bits - 8))
        : RasterPixels.of(size, raster, narrowing(bits, grey));
  }

  private IntUnaryOperator narrowing(int bits, boolean grey) {
    if (bits > 8) {
      return grey ? sample -> Math.clamp(sample, 0, 255) : sample -> sample >> (bits - 8);
    }
    int most = (1 << bits) - 1;
    return photometric == WHITE_IS_ZERO
        ? sample -> 255 - sample * 255 / most
        : sample -> sample * 255 / most;
  }
}
