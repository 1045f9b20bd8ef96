package dev.residual.io.images;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a WebP decoder needs of a file: the coded colours of the picture, of an animation those of
 * the first frame. Transparency, profiles and all else are left out, so that none of them reaches
 * the decoder.
 *
 * <p>Source: RFC 9649.
 *
 * @param still a file that holds the coded colours alone
 * @param size the size of the coded picture
 * @param canvas the size of the whole
 * @param left the column of the canvas where the coded picture begins
 * @param top the row where it begins
 * @param exif the content of the chunk EXIF, empty without one
 */
record WebPStream(byte[] still, ImageSize size, ImageSize canvas, int left, int top, byte[] exif) {
  private static final int RIFF = 0x46464952;
  private static final int WEBP = 0x50424557;
  private static final int LOSSY = 0x20385056;
  private static final int LOSSLESS = 0x4C385056;
  private static final int EXTENDED = 0x58385056;
  private static final int FRAME = 0x464D4E41;
  private static final int EXIF = 0x46495845;

  private static final int HEAD = 8;
  private static final int FRAME_HEAD = 16;

  /**
   * The parts of a file.
   *
   * @throws EOFException if it is cut short
   * @throws IOException if it is no WebP image, or not as its parts say
   */
  static WebPStream of(byte[] file) throws IOException {
    Chunks chunks = new Chunks(file);
    if (file.length < 12 || chunks.bytes.getInt(8) != WEBP) {
      throw new IOException("it is a RIFF file, but no WebP image");
    }
    int extended = chunks.find(12, file.length, EXTENDED);
    int frame = chunks.find(12, file.length, FRAME);
    int first = frame < 0 ? 12 : frame + HEAD + FRAME_HEAD;
    int end = frame < 0 ? file.length : chunks.end(frame);
    int at = Math.max(chunks.find(first, end, LOSSY), chunks.find(first, end, LOSSLESS));
    if (at < 0) {
      throw new IOException("it has no picture");
    }
    ImageSize size = chunks.size(at);
    ImageSize canvas =
        extended < 0
            ? size
            : ImageSize.of(
                1 + chunks.int24(extended + 12),
                1 + chunks.int24(extended + 15),
                ImageFile.MAX_PIXELS);
    int left = frame < 0 ? 0 : 2 * chunks.int24(frame + 8);
    int top = frame < 0 ? 0 : 2 * chunks.int24(frame + 11);
    if (left + size.width() > canvas.width() || top + size.height() > canvas.height()) {
      throw new IOException(
          "its picture of %d x %d pixels does not fit into %d x %d"
              .formatted(size.width(), size.height(), canvas.width(), canvas.height()));
    }
    int exif = extended < 0 ? -1 : chunks.find(12, file.length, EXIF);
    return new WebPStream(
        chunks.still(at), size, canvas, left, top, exif < 0 ? new byte[0] : chunks.content(exif));
  }

  /** Places the decoded picture on its canvas. */
  Pixels place(Pixels picture) {
    return picture.crop(-top, -left, canvas.height(), canvas.width());
  }

  /** The chunks of a file: a name, a length, and so many bytes, filled up to an even number. */
  private static final class Chunks {
    private final ByteBuffer bytes;

    Chunks(byte[] file) {
      bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The place of the first chunk of a name between two places, -1 if there is none. */
    int find(int from, int end, int name) throws IOException {
      int at = from;
      while (at + HEAD <= end) {
        if (bytes.getInt(at) == name) {
          if (end(at) > end) {
            throw new EOFException();
          }
          return at;
        }
        long next = at + HEAD + length(at) + (length(at) & 1);
        if (next > end) {
          return -1;
        }
        at = (int) next;
      }
      return -1;
    }

    private long length(int at) {
      return Integer.toUnsignedLong(bytes.getInt(at + 4));
    }

    /** Where the content of a chunk ends. */
    int end(int at) throws IOException {
      long end = at + HEAD + length(at);
      if (end > bytes.limit()) {
        throw new EOFException();
      }
      return (int) end;
    }

    byte[] content(int at) throws IOException {
      byte[] content = new byte[end(at) - at - HEAD];
      bytes.get(at + HEAD, content);
      return content;
    }

    int int24(int at) throws IOException {
      if (at + 3 > bytes.limit()) {
        throw new EOFException();
      }
      return (bytes.getShort(at) & 0xFFFF) | (bytes.get(at + 2) & 0xFF) << 16;
    }

    /** The size that a coded picture states. */
    ImageSize size(int at) throws IOException {
      if (end(at) < at + HEAD + 10) {
        throw new EOFException();
      }
      boolean lossy = bytes.getInt(at) == LOSSY;
      int sides = bytes.getInt(at + HEAD + (lossy ? 6 : 1));
      return lossy
          ? ImageSize.of(sides & 0x3FFF, sides >> 16 & 0x3FFF, ImageFile.MAX_PIXELS)
          : ImageSize.of(1 + (sides & 0x3FFF), 1 + (sides >> 14 & 0x3FFF), ImageFile.MAX_PIXELS);
    }

    /** A file with this chunk alone. */
    byte[] still(int at) throws IOException {
      int length = end(at) - at;
      ByteBuffer still = ByteBuffer.allocate(12 + length + (length & 1));
      still.order(ByteOrder.LITTLE_ENDIAN);
      still.putInt(RIFF).putInt(still.capacity() - HEAD).putInt(WEBP);
      still.put(12, bytes, at, length);
      return still.array();
    }
  }
}
