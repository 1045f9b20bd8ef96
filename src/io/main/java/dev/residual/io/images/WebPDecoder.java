package dev.residual.io.images;

import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Decoding of WebP images, of animated ones the first frame; transparency is ignored. */
final class WebPDecoder {
  private static final int WEBP = 0x57454250;
  private static final int EXIF = 0x46495845;

  private WebPDecoder() {}

  static Picture decode(ImageInput in) throws IOException {
    byte[] file = in.rest();
    if (file.length < 12 || ByteBuffer.wrap(file).getInt(8) != WEBP) {
      throw new IOException("it is a RIFF file, but no WebP image");
    }
    Pixels pixels =
        ImageProvider.WEBP.read(
            file,
            reader -> {
              ImageSize size =
                  ImageSize.of(reader.getWidth(0), reader.getHeight(0), ImageFile.MAX_PIXELS);
              Raster raster = reader.read(0).getRaster();
              return RasterPixels.of(size, raster, sample -> sample);
            });
    return new Picture(pixels, () -> exif(file));
  }

  /** The content of the chunk EXIF, empty without one. */
  private static byte[] exif(byte[] file) {
    ByteBuffer chunks = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    for (long at = 12; at + 8 <= file.length; ) {
      long length = Integer.toUnsignedLong(chunks.getInt((int) at + 4));
      if (chunks.getInt((int) at) == EXIF && at + 8 + length <= file.length) {
        byte[] exif = new byte[(int) length];
        chunks.get((int) at + 8, exif);
        return exif;
      }
      at += 8 + length + (length & 1);
    }
    return new byte[0];
  }
}
