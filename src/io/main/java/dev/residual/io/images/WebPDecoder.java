package dev.residual.io.images;

import dev.residual.bindings.NativeException;
import dev.residual.bindings.webp.WebPDecompression;
import dev.residual.bindings.webp.WebPLibrary;
import java.io.IOException;

/**
 * Decoding of WebP images, of animated ones the first frame; transparency is ignored.
 *
 * <p>By libwebp, where the system has it: exactly as Pillow does. Otherwise by a library in Java,
 * which agrees with it on lossless images. It repeats the chroma of lossy ones, which libwebp
 * interpolates.
 */
final class WebPDecoder {
  private WebPDecoder() {}

  static Picture decode(ImageInput in) throws IOException {
    WebPStream stream = WebPStream.of(in.rest());
    Pixels picture = WebPLibrary.isAvailable() ? byLibrary(stream) : byProvider(stream);
    return new Picture(stream.place(picture), stream::exif);
  }

  static Pixels byLibrary(WebPStream stream) throws IOException {
    ImageSize size = stream.size();
    try {
      byte[] rgb = WebPDecompression.decompress(stream.still(), size.width(), size.height());
      return new Pixels(size.height(), size.width(), rgb);
    } catch (NativeException e) {
      throw new IOException("its data are damaged", e);
    }
  }

  static Pixels byProvider(WebPStream stream) throws IOException {
    return ImageProvider.WEBP.read(
        stream.still(),
        reader -> RasterPixels.of(stream.size(), reader.read(0).getRaster(), sample -> sample));
  }
}
