package dev.residual.io.images;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a JPEG decoder needs of a file: frame, tables and scans. Profiles, previews, comments and
 * what follows the image are left out, so that none of them reaches the decoder.
 */
final class JpegStream {
  private static final int START = 0xD8;
  private static final int END = 0xD9;
  private static final int SCAN = 0xDA;
  private static final int TABLES = 0xC4;
  private static final int QUANTIZATION = 0xDB;
  private static final int RESTARTS = 0xDD;
  private static final int JFIF = 0xE0;
  private static final int EXIF = 0xE1;
  private static final int ADOBE = 0xEE;

  /** Each block of 8 x 8 pixels takes one bit at least. */
  private static final int MOST_BY_BYTE = 512;

  /** So many samples may be passed over in all scans for a byte of the file. */
  private static final int MOST_SCANNED_BY_BYTE = 4096;

  private static final int FREE_SCANNED = 1 << 27;

  /** No code of a sample is that long, repeated scans included. */
  private static final int LONGEST_CODE = 16;

  private final ImageInput in;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private ImageSize size = new ImageSize(0, 0);
  private byte[] components = {};
  private byte[] samplings = {};
  private int scans;
  private boolean jfif;
  private int adobe = -1;
  private byte[] exif = {};

  private JpegStream(ImageInput in) {
    this.in = in;
  }

  /**
   * Reads a file up to the end of its first image.
   *
   * @throws EOFException if the file ends before
   * @throws IOException if it is no JPEG image, of a kind that is not known, or larger than its
   *     bytes can be
   */
  static JpegStream read(ImageInput in) throws IOException {
    JpegStream stream = new JpegStream(in);
    in.skip(2);
    stream.marker(START);
    int marker = stream.nextMarker();
    while (marker != END) {
      marker = stream.segment(marker);
    }
    if (stream.scans == 0) {
      throw new IOException("it has no picture");
    }
    stream.marker(END);
    return stream;
  }

  /** The bytes for a decoder. */
  byte[] bytes() {
    return out.toByteArray();
  }

  ImageSize size() {
    return size;
  }

  /** The identifiers of the components: one, three or four. */
  byte[] components() {
    return components;
  }

  /** The content of EXIF's segments before the picture, empty without any. */
  byte[] exif() {
    return exif;
  }

  /** Whether samples are luminance and chroma, as libjpeg tells it by the markers. */
  boolean hasChroma() {
    if (components.length != 3) {
      // Without Adobe's marker they are inks.
      return components.length == 4 && adobe > 0;
    }
    if (jfif) {
      return true;
    }
    return adobe >= 0 ? adobe != 0 : !Arrays.equals(components, new byte[] {'R', 'G', 'B'});
  }

  /**
   * Whether a component has the others' columns but half of their rows, as lossless rotation makes
   * it of one with half of the columns.
   */
  boolean hasHalfTheRows(int component) {
    int columns = 0;
    int rows = 0;
    for (byte sampling : samplings) {
      columns = Math.max(columns, sampling >> 4);
      rows = Math.max(rows, sampling & 15);
    }
    byte sampling = samplings[component];
    return sampling >> 4 == columns && 2 * (sampling & 15) == rows;
  }

  private void marker(int marker) {
    out.write(0xFF);
    out.write(marker);
  }

  /** Reads up to the next marker. */
  private int nextMarker() throws IOException {
    while (true) {
      int b = in.next();
      while (b != 0xFF) {
        b = in.next();
      }
      while (b == 0xFF) {
        b = in.next();
      }
      if (b != 0) {
        return b;
      }
    }
  }

  /** Reads a segment, after a scan's header its data too, and returns the next marker. */
  private int segment(int marker) throws IOException {
    if (marker == 1 || (marker >= 0xD0 && marker <= START)) {
      return nextMarker();
    }
    int length = in.nextBig16() - 2;
    if (length < 0) {
      throw new IOException("its segments are damaged");
    }
    boolean kept =
        marker == TABLES || marker == QUANTIZATION || marker == RESTARTS || marker == SCAN;
    boolean frame = marker >= 0xC0 && marker <= 0xCF && marker != TABLES;
    if (!kept && !frame && marker != JFIF && marker != EXIF && marker != ADOBE) {
      in.skip(length);
      return nextMarker();
    }
    byte[] content = in.bytes(length);
    if (frame) {
      frame(marker, content);
    } else if (marker == JFIF) {
      jfif |= scans == 0 && length >= 14 && starts(content, "JFIF\0");
    } else if (marker == EXIF) {
      exif(content);
    } else if (marker == ADOBE) {
      adobe = scans == 0 && length >= 12 && starts(content, "Adobe") ? content[11] & 0xFF : adobe;
    } else if (marker == SCAN) {
      scan(content);
    }
    if (kept || frame) {
      marker(marker);
      out.write((length + 2) >> 8);
      out.write(length + 2);
      out.write(content);
    }
    return marker == SCAN ? copyData() : nextMarker();
  }

  private void exif(byte[] content) {
    if (scans == 0 && starts(content, "Exif\0\0")) {
      // Long data go on in further segments, which begin with the same name.
      int from = exif.length == 0 ? 0 : 6;
      int length = exif.length;
      exif = Arrays.copyOf(exif, length + content.length - from);
      System.arraycopy(content, from, exif, length, content.length - from);
    }
  }

  private static boolean starts(byte[] content, String text) {
    return content.length >= text.length()
        && new String(content, 0, text.length(), StandardCharsets.ISO_8859_1).equals(text);
  }

  private void frame(int marker, byte[] content) throws IOException {
    if (marker > 0xC2) {
      throw new IOException("its kind of JPEG, number %d, is not known".formatted(marker & 15));
    }
    int number = content.length < 6 ? 0 : content[5] & 0xFF;
    if (components.length > 0 || content.length < 6 || content.length != 6 + 3 * number) {
      throw new IOException("its segments are damaged");
    }
    if (content[0] != 8) {
      throw new IOException("it has %d bits, expected 8".formatted(content[0]));
    }
    if (number != 1 && number != 3 && number != 4) {
      throw new IOException("it has %d components, expected 1, 3 or 4".formatted(number));
    }
    components = new byte[number];
    samplings = new byte[number];
    for (int i = 0; i < number; i++) {
      components[i] = content[6 + 3 * i];
      samplings[i] = content[7 + 3 * i];
    }
    size =
        ImageSize.of(
            (content[3] & 0xFF) << 8 | (content[4] & 0xFF),
            (content[1] & 0xFF) << 8 | (content[2] & 0xFF),
            in.size() * MOST_BY_BYTE);
  }

  private void scan(byte[] content) throws IOException {
    if (components.length == 0 || content.length < 1) {
      throw new IOException("its segments are damaged");
    }
    scans++;
    // The first components have the most samples, and each scan has one at least.
    long scanned = (long) scans * size.width() * size.height();
    if (scanned > Math.max(FREE_SCANNED, in.size() * MOST_SCANNED_BY_BYTE)) {
      throw new IOException(
          "its %d scans and more of %d x %d pixels are too many for a file of its size"
              .formatted(scans, size.width(), size.height()));
    }
  }

  /** Copies coded data, and returns the marker after them. */
  private int copyData() throws IOException {
    long most = (1L << 16) + LONGEST_CODE * (long) components.length * size.width() * size.height();
    while (out.size() <= most) {
      in.movePlain(out);
      int b = in.next();
      if (b != 0xFF) {
        out.write(b);
        continue;
      }
      do {
        b = in.next();
      } while (b == 0xFF);
      if (b != 0 && (b < 0xD0 || b > 0xD7)) {
        return b;
      }
      marker(b);
    }
    throw new IOException("its data are more than its pixels can need");
  }
}
