package dev.residual.io.images;

import dev.residual.io.files.FileErrors;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Decoding of image files: JPEG, PNG, BMP, GIF, WebP and TIFF, told by their first bytes; of
 * several frames or pages the first.
 *
 * <p>Pixels are those of Pillow's {@code Image.open(file).convert("RGB")}: grey becomes red, green
 * and blue of the same value; transparency and colour profiles are ignored; of 16 bits the higher 8
 * count, but in grey all that is above 255 is white. The orientation of the camera is ignored if
 * not asked for, but TIFF images are always turned as they say.
 *
 * <p>JPEG is decoded by libturbojpeg where the system has it, otherwise by the JDK, with the same
 * pixels; only where a progressive image lacks its last scans, each smooths in its own way.
 * Arithmetic coding is refused. WebP is decoded by libwebp where the system has it. Otherwise
 * imageio-webp of TwelveMonkeys does it, whose pixels are the same if the image is lossless; of
 * lossy photographs they differ by 0.7 on average and by up to 60 at coloured edges, for it does
 * not interpolate the chroma. TIFF needs imageio-tiff of TwelveMonkeys, which refuses Zstandard,
 * LZMA and WebP compression; CIELAB colours are refused. {@code -Dresidual.turbojpeg=off} and
 * {@code -Dresidual.webp=off} do without the system's libraries.
 *
 * <p>All methods are safe for use by many threads at once.
 */
public final class ImageFile {
  /** The largest number of pixels that is decoded; larger images are refused unread. */
  public static final int MAX_PIXELS = 178_956_970;

  private static final Set<String> EXTENSIONS =
      Set.of("jpg", "jpeg", "png", "bmp", "gif", "webp", "tif", "tiff");

  /** By the first bytes of their files. */
  private static final Map<String, Decoder> DECODERS =
      Map.of(
          "\u00FF\u00D8\u00FF", JpegDecoder::decode,
          "\u0089PNG\r\n\u001A\n", PngDecoder::decode,
          "BM", in -> Picture.of(BmpDecoder.decode(in)),
          "GIF87a", in -> Picture.of(GifDecoder.decode(in)),
          "GIF89a", in -> Picture.of(GifDecoder.decode(in)),
          "RIFF", WebPDecoder::decode,
          "II*\0", TiffDecoder::decode,
          "MM\0*", TiffDecoder::decode,
          "II+\0", TiffDecoder::decode,
          "MM\0+", TiffDecoder::decode);

  /** How files begin that are often taken for images of these formats. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "\0\0\0\u0018ftyp", "an AVIF or HEIC image",
          "\0\0\0\u001Cftyp", "an AVIF or HEIC image",
          "\0\0\0 ftyp", "an AVIF or HEIC image",
          "%PDF", "a PDF",
          "<", "a web page or drawing",
          "version https://git-lfs", "a pointer of Git LFS");

  private ImageFile() {}

  /** Whether a file of this name is taken for an image, by its extension. */
  public static boolean isImage(String name) {
    return EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
  }

  /**
   * Reads and decodes a file.
   *
   * @throws IOException naming the file, if it cannot be read, is damaged or cut short, is no
   *     image, has more than {@link #MAX_PIXELS} pixels, or more than the Java heap has room for
   */
  public static Pixels read(Path file) throws IOException {
    return read(file, Orientation.STORED);
  }

  /**
   * Reads and decodes a file.
   *
   * @param orientation whether the image is turned as its EXIF data say
   * @throws IOException as {@link #read(Path)}
   */
  public static Pixels read(Path file, Orientation orientation) throws IOException {
    InputStream in;
    long size;
    try {
      in = Files.newInputStream(file);
      // What is no regular file has no size that says anything.
      size = Files.isRegularFile(file) ? Files.size(file) : Integer.MAX_VALUE;
    } catch (IOException e) {
      throw FileErrors.in(file, e);
    }
    try (in) {
      return decode(file.toString(), in, size, orientation);
    }
  }

  /**
   * Decodes the content of a file.
   *
   * @param name the file's name, for messages
   * @throws IOException as {@link #read(Path)}
   */
  public static Pixels decode(String name, byte[] bytes) throws IOException {
    return decode(name, bytes, Orientation.STORED);
  }

  /**
   * Decodes the content of a file.
   *
   * @param name the file's name, for messages
   * @param orientation whether the image is turned as its EXIF data say
   * @throws IOException as {@link #read(Path)}
   */
  public static Pixels decode(String name, byte[] bytes, Orientation orientation)
      throws IOException {
    return decode(name, new ByteArrayInputStream(bytes), bytes.length, orientation);
  }

  /**
   * Decodes what a stream gives, which stays open.
   *
   * @param size at most so many bytes come
   * @param orientation whether the image is turned as its EXIF data say
   * @throws IOException as {@link #read(Path)}
   */
  public static Pixels decode(String name, InputStream in, long size, Orientation orientation)
      throws IOException {
    String place = FileErrors.printable(name) + ": ";
    ImageInput input = new ImageInput(in, size);
    Decoder decoder = decoder(place, input);
    String reason;
    Throwable cause;
    try {
      return decoder.decode(input).pixels(orientation);
    } catch (IOException e) {
      reason = reason(e);
      cause = e;
    } catch (OutOfMemoryError e) {
      reason =
          "its pixels need more than the Java heap, of %d MiB, has room for; a larger -Xmx helps"
              .formatted(Runtime.getRuntime().maxMemory() >> 20);
      cause = e;
    }
    throw new IOException(
        place + "cannot decode the image: " + FileErrors.printable(reason), cause);
  }

  private static String reason(IOException e) {
    return e instanceof EOFException
        ? "it is cut short"
        : Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
  }

  private static Decoder decoder(String place, ImageInput input) throws IOException {
    String head;
    try {
      head = new String(input.peek(24), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new IOException(place + FileErrors.printable(reason(e)), e);
    }
    if (head.isEmpty()) {
      throw new IOException(place + "the file is empty");
    }
    for (var decoder : DECODERS.entrySet()) {
      if (head.startsWith(decoder.getKey())) {
        return decoder.getValue();
      }
    }
    String other = "";
    for (var entry : OTHERS.entrySet()) {
      if (head.startsWith(entry.getKey())) {
        other = ", but " + entry.getValue();
      }
    }
    throw new IOException(
        place + "the file is not a JPEG, PNG, BMP, GIF, WebP or TIFF image" + other);
  }

  /** The decoding of one format. */
  private interface Decoder {
    Picture decode(ImageInput in) throws IOException;
  }
}
