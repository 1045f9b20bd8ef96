package dev.residual.io.weights;

import dev.residual.io.files.Utf8;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The instructions of a pickle of protocol 2, one method for each. */
final class PickleWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  PickleWriter() throws IOException {
    op(PickleOp.PROTO);
    out.writeByte(2);
  }

  /** An instruction without argument. */
  PickleWriter op(PickleOp instruction) throws IOException {
    out.writeByte(instruction.code());
    return this;
  }

  PickleWriter global(String module, String name) throws IOException {
    op(PickleOp.GLOBAL);
    out.write((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  PickleWriter string(String text) throws IOException {
    byte[] utf8 = Utf8.check(text).getBytes(StandardCharsets.UTF_8);
    op(PickleOp.BINUNICODE);
    out.writeInt(Integer.reverseBytes(utf8.length));
    out.write(utf8);
    return this;
  }

  PickleWriter integer(long value) throws IOException {
    if (value == (int) value) {
      op(PickleOp.BININT);
      out.writeInt(Integer.reverseBytes((int) value));
    } else {
      op(PickleOp.LONG1);
      out.writeByte(Long.BYTES);
      out.writeLong(Long.reverseBytes(value));
    }
    return this;
  }

  PickleWriter tuple(long... values) throws IOException {
    op(PickleOp.MARK);
    for (long value : values) {
      integer(value);
    }
    return op(PickleOp.TUPLE);
  }

  /** The whole pickle. */
  byte[] stop() throws IOException {
    op(PickleOp.STOP);
    return bytes.toByteArray();
  }
}
