package dev.residual.io;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import net.razorvine.pickle.Opcodes;

/** The instructions of a pickle of protocol 2, one method for each. */
final class PickleWriter {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  PickleWriter() throws IOException {
    op(Opcodes.PROTO);
    out.writeByte(2);
  }

  /** An instruction without argument. */
  PickleWriter op(short instruction) throws IOException {
    out.writeByte(instruction);
    return this;
  }

  PickleWriter global(String module, String name) throws IOException {
    op(Opcodes.GLOBAL);
    out.write((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  PickleWriter string(String text) throws IOException {
    byte[] utf8 = Utf8.check(text).getBytes(StandardCharsets.UTF_8);
    op(Opcodes.BINUNICODE);
    out.writeInt(Integer.reverseBytes(utf8.length));
    out.write(utf8);
    return this;
  }

  PickleWriter integer(long value) throws IOException {
    if (value == (int) value) {
      op(Opcodes.BININT);
      out.writeInt(Integer.reverseBytes((int) value));
    } else {
      op(Opcodes.LONG1);
      out.writeByte(Long.BYTES);
      out.writeLong(Long.reverseBytes(value));
    }
    return this;
  }

  PickleWriter tuple(long... values) throws IOException {
    op(Opcodes.MARK);
    for (long value : values) {
      integer(value);
    }
    return op(Opcodes.TUPLE);
  }

  /** The whole pickle. */
  byte[] stop() throws IOException {
    op(Opcodes.STOP);
    return bytes.toByteArray();
  }
}
