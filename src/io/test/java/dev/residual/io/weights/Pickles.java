package dev.residual.io.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Checkpoints written instruction by instruction, as text in which every character is a byte. They
 * share no code with the writer of the library.
 */
final class Pickles {
  static final String START = "\u0080\2";
  static final String STOP = ".";
  static final String ORDERED_DICT = "ccollections\nOrderedDict\n)R";
  static final String FLOAT = "FloatStorage";
  private static final String MAGIC = START + "\u008a\12l\u00fc\u009cF\u00f9 j\u00a8P\31" + STOP;

  private Pickles() {}

  /** The bytes of this text. */
  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Little-endian numbers of this many bytes. */
  static String number(int bytes, long... values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(values.length * bytes + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i++) {
      buffer.putLong(i * bytes, values[i]);
    }
    byte[] array = Arrays.copyOf(buffer.array(), values.length * bytes);
    return new String(array, StandardCharsets.ISO_8859_1);
  }

  /** Little-endian floats. */
  static String floats(float... values) {
    StringBuilder text = new StringBuilder();
    for (float value : values) {
      text.append(number(4, Float.floatToRawIntBits(value)));
    }
    return text.toString();
  }

  static String string(String text) {
    return "X" + number(4, text.length()) + text;
  }

  /** An integer; those beyond 31 bits as LONG1. */
  static String integer(long value) {
    return value == (int) value ? "J" + number(4, value) : "\u008a\10" + number(8, value);
  }

  static String tuple(long... values) {
    StringBuilder text = new StringBuilder("(");
    for (long value : values) {
      text.append(integer(value));
    }
    return text + "t";
  }

  static String storage(String type, String key, long elements) {
    return "("
        + string("storage")
        + "ctorch\n"
        + type
        + "\n"
        + string(key)
        + string("cuda:0")
        + integer(elements)
        + "tQ";
  }

  static String tensor(String storage, long offset, String dims, String strides) {
    return "ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + integer(offset)
        + dims
        + strides
        + "\u0089"
        + ORDERED_DICT
        + "tR";
  }

  /** A contiguous tensor of rank one with a storage of its own. */
  static String vector(String type, String key, long elements) {
    return tensor(storage(type, key, elements), 0, tuple(elements), tuple(1));
  }

  /** A dictionary of names and values in turn. */
  static String dict(String... namesAndValues) {
    StringBuilder text = new StringBuilder("}(");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      text.append(string(namesAndValues[i])).append(namesAndValues[i + 1]);
    }
    return text + "u";
  }

  /** A checkpoint in the form before PyTorch 1.6; storages in the order of the map. */
  static byte[] legacy(String object, Map<String, Storage> storages) {
    return legacy(object, 1001, true, storages);
  }

  static byte[] legacy(
      String object, int protocol, boolean littleEndian, Map<String, Storage> storages) {
    StringBuilder text = new StringBuilder(MAGIC);
    text.append(START).append(integer(protocol)).append(STOP);
    String endian = littleEndian ? "\u0088" : "\u0089";
    text.append(START).append(dict("little_endian", endian)).append(STOP);
    text.append(START).append(object).append(STOP);
    text.append(START).append("](");
    storages.keySet().forEach(key -> text.append(string(key)));
    text.append("e").append(STOP);
    storages.values().forEach(s -> text.append(number(8, s.elements)).append(s.data));
    return bytes(text.toString());
  }

  /**
   * The elements of a storage.
   *
   * @param data the bytes as text
   */
  record Storage(long elements, String data) {}

  /** A checkpoint in the zip form, without compression of the storages. */
  static byte[] zip(String object, Map<String, String> storages) {
    return zip(object, "little", ZipEntry.STORED, storages);
  }

  static byte[] zip(String object, String byteOrder, int method, Map<String, String> storages) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, ZipEntry.DEFLATED, "net/data.pkl", START + object + STOP);
      put(zip, ZipEntry.DEFLATED, "net/byteorder", byteOrder);
      for (var storage : storages.entrySet()) {
        put(zip, method, "net/data/" + storage.getKey(), storage.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, int method, String name, String data)
      throws IOException {
    byte[] bytes = bytes(data);
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    entry.setMethod(method);
    if (method == ZipEntry.STORED) {
      CRC32 crc = new CRC32();
      crc.update(bytes);
      entry.setSize(bytes.length);
      entry.setCrc(crc.getValue());
    }
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  /** A small valid checkpoint with two tensors, one of them a transposed view. */
  static String twoTensors() {
    return dict(
        "epoch",
        integer(3),
        "state_dict",
        ORDERED_DICT
            + "("
            + string("module.weight")
            + tensor(storage(FLOAT, "0", 6), 0, tuple(3, 2), tuple(1, 3))
            + string("module.bias")
            + vector("LongStorage", "1", 2)
            + "u}"
            + string("_metadata")
            + "}sb");
  }

  /** The storages of {@link #twoTensors}. */
  static List<Storage> twoStorages() {
    return List.of(
        new Storage(6, floats(1, 2, 3, 4, 5, 6)), new Storage(2, number(8, -7, 1L << 60)));
  }
}
