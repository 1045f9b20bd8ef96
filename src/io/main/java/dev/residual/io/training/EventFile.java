package dev.residual.io.training;

import dev.residual.io.files.FileErrors;
import dev.residual.io.onnx.protobuf.ByteString;
import dev.residual.io.onnx.protobuf.CodedInputStream;
import dev.residual.io.onnx.protobuf.CodedOutputStream;
import dev.residual.io.onnx.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A file of numbers by step that TensorBoard shows.
 *
 * <p>It is a sequence of records as TensorFlow frames them: the length in 8 bytes, its checksum,
 * the bytes, their checksum; all little endian. The bytes are messages {@code Event} of Protocol
 * Buffers, numbered here as {@code event.proto} and {@code summary.proto} of TensorBoard do.
 */
final class EventFile implements Closeable {
  private static final int HEAD = 12;
  private static final int FOOT = 4;

  /** More bytes than an event of a training has. */
  private static final int MOST = 1 << 20;

  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;

  private static final int SUMMARY_VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;

  private static final int STATUS = 1;
  private static final int START = 1;

  private final Path path;
  private final FileChannel channel;

  /** The content of a message. */
  @FunctionalInterface
  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  private EventFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * A new file in a folder, named after the time. Readers forget what other files of the folder say
   * of its first step and later ones.
   *
   * @throws IOException naming the file, if it cannot be made
   */
  static EventFile create(Path folder, String suffix, long firstStep) throws IOException {
    for (long second = System.currentTimeMillis() / 1000; ; second++) {
      Path path = folder.resolve("events.out.tfevents." + second + suffix);
      try {
        FileChannel channel =
            FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        EventFile file = new EventFile(path, channel);
        file.event(0, out -> out.writeString(FILE_VERSION, "brain.Event:2"));
        byte[] start = message(out -> out.writeEnum(STATUS, START));
        file.event(firstStep, out -> out.writeByteArray(SESSION_LOG, start));
        return file;
      } catch (FileAlreadyExistsException e) {
        // The time of another one: take the next.
      } catch (IOException e) {
        throw FileErrors.in(path, e);
      }
    }
  }

  /**
   * Adds numbers of a step.
   *
   * @throws IOException naming the file, if they cannot be written
   */
  void write(long step, Map<String, Double> numbers) throws IOException {
    byte[] summary =
        message(
            out -> {
              for (var number : numbers.entrySet()) {
                byte[] value =
                    message(
                        v -> {
                          v.writeString(TAG, number.getKey());
                          v.writeFloat(SIMPLE_VALUE, number.getValue().floatValue());
                        });
                out.writeByteArray(SUMMARY_VALUE, value);
              }
            });
    try {
      event(step, out -> out.writeByteArray(SUMMARY, summary));
    } catch (IOException e) {
      throw FileErrors.in(path, e);
    }
  }

  private void event(long step, Fields content) throws IOException {
    byte[] event =
        message(
            out -> {
              out.writeDouble(WALL_TIME, System.currentTimeMillis() / 1e3);
              out.writeInt64(STEP, step);
              content.writeTo(out);
            });
    ByteBuffer record =
        ByteBuffer.allocate(HEAD + event.length + FOOT).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(event.length);
    record.putInt(checksum(record.array(), 0, Long.BYTES));
    record.put(event);
    record.putInt(checksum(record.array(), HEAD, event.length));
    record.flip();
    while (record.hasRemaining()) {
      channel.write(record);
    }
  }

  private static byte[] message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.writeTo(out);
    out.flush();
    return bytes.toByteArray();
  }

  /** The CRC-32C, rotated and shifted, for checksums of checksums to be of use. */
  static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xA282EAD8;
  }

  /**
   * Cuts a file off before the first record of a step or of later ones, and before one that was not
   * written to its end.
   *
   * @throws IOException naming the file, if it cannot be read or cut
   */
  static void cut(Path path, long firstStep) throws IOException {
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long end = 0;
      for (long next = next(file, 0, firstStep); next > end; next = next(file, end, firstStep)) {
        end = next;
      }
      file.truncate(end);
    } catch (IOException e) {
      throw FileErrors.in(path, e);
    }
  }

  /** The end of the record at a position; the position itself if it is to be cut. */
  private static long next(FileChannel file, long position, long firstStep) throws IOException {
    ByteBuffer head = read(file, position, HEAD);
    if (head.remaining() < HEAD
        || head.getInt(Long.BYTES) != checksum(head.array(), 0, Long.BYTES)) {
      return position;
    }
    long length = head.getLong();
    if (length < 0 || length > Math.min(MOST, file.size() - position - HEAD - FOOT)) {
      return position;
    }
    ByteBuffer body = read(file, position + HEAD, (int) length + FOOT);
    if (body.getInt((int) length) != checksum(body.array(), 0, (int) length)) {
      return position;
    }
    byte[] event = Arrays.copyOf(body.array(), (int) length);
    return step(event) >= firstStep ? position : position + HEAD + length + FOOT;
  }

  private static ByteBuffer read(FileChannel file, long position, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && file.read(bytes, position + bytes.position()) >= 0) {
      // On to the end of what is wanted.
    }
    return bytes.flip();
  }

  private static long step(byte[] event) throws IOException {
    CodedInputStream in = ByteString.copyFrom(event).newCodedInput();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == STEP) {
        return in.readInt64();
      }
      in.skipField(tag);
    }
    return 0;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
