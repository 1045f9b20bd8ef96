package dev.residual.io.training;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The records of a file of events, as hexadecimal digits without the time that each begins with.
 */
final class EventRecords {
  private static final int TIME = 9;

  private EventRecords() {}

  static List<String> of(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<String> records = new ArrayList<>();
    while (bytes.hasRemaining()) {
      int begin = bytes.position();
      int length = Math.toIntExact(bytes.getLong());
      check(bytes.getInt(), bytes.array(), begin, 8);
      byte[] event = new byte[length];
      bytes.get(event);
      check(bytes.getInt(), event, 0, length);
      if (event[0] != 0x09) {
        throw new AssertionError("the event begins with no time");
      }
      records.add(HexFormat.of().formatHex(event, TIME, length));
    }
    return records;
  }

  private static void check(int found, byte[] bytes, int from, int length) {
    if (found != EventFile.checksum(bytes, from, length)) {
      throw new AssertionError("a checksum is wrong");
    }
  }
}
