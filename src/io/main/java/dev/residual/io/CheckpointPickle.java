package dev.residual.io;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;
import org.jspecify.annotations.Nullable;

/**
 * An unpickler for what PyTorch's checkpoints consist of, and for nothing else.
 *
 * <p>Pickle is a program in a small language. Only the instructions that PyTorch writes are obeyed;
 * those that name or call Python objects never reach the library below, whose registry of
 * constructors is open to the whole process: they go to {@link PickleGlobal}. The number of
 * instructions, the bytes read and the length of strings are limited, and so is memory.
 *
 * <p>Dictionaries keep their order. Tuples are {@code Object[]}, tensors {@link TensorView}.
 */
final class CheckpointPickle extends Unpickler {
  private static final long MOST_BYTES = 64L << 20;
  private static final int MOST_INSTRUCTIONS = 5_000_000;
  private static final int LONGEST_STRING = 1 << 20;
  private static final int LONGEST_NAME = 256;

  private final Map<String, StorageRef> storages = new HashMap<>();
  private int instructions;

  /** The storages that the pickles read so far refer to, by key. */
  Map<String, StorageRef> storages() {
    return storages;
  }

  /**
   * The object of one pickle. Of the stream no byte after it is read.
   *
   * @throws IOException if the pickle is malformed, too long, or refers to an object that is not
   *     allowed
   */
  @Nullable Object read(InputStream stream) throws IOException {
    memo.clear();
    try {
      return load(new Bounded(stream));
    } catch (PickleException
        | IndexOutOfBoundsException
        | ClassCastException
        | NegativeArraySizeException e) {
      throw new IOException("the pickle in it is damaged: " + e.getMessage(), e);
    }
  }

  @Override
  protected @Nullable Object dispatch(short instruction) throws IOException {
    if (++instructions > MOST_INSTRUCTIONS) {
      throw new IOException("the pickle in it has over " + MOST_INSTRUCTIONS + " instructions");
    }
    switch (instruction) {
      case Opcodes.PROTO,
          Opcodes.FRAME,
          Opcodes.STOP,
          Opcodes.MARK,
          Opcodes.NONE,
          Opcodes.NEWTRUE,
          Opcodes.NEWFALSE,
          Opcodes.BININT,
          Opcodes.BININT1,
          Opcodes.BININT2,
          Opcodes.LONG1,
          Opcodes.BINFLOAT,
          Opcodes.SHORT_BINSTRING,
          Opcodes.SHORT_BINUNICODE,
          Opcodes.EMPTY_TUPLE,
          Opcodes.TUPLE,
          Opcodes.TUPLE1,
          Opcodes.TUPLE2,
          Opcodes.TUPLE3,
          Opcodes.EMPTY_LIST,
          Opcodes.APPEND,
          Opcodes.BINGET,
          Opcodes.LONG_BINGET,
          Opcodes.BINPUT,
          Opcodes.LONG_BINPUT,
          Opcodes.MEMOIZE -> {
        return super.dispatch(instruction);
      }
      case Opcodes.BINUNICODE, Opcodes.BINSTRING -> stack.add(string());
      case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<Object, @Nullable Object>());
      case Opcodes.SETITEM -> {
        Object value = stack.pop();
        Object key = stack.pop();
        dict().put(PickleGlobal.key(key), value);
      }
      case Opcodes.SETITEMS -> setItems(stack.pop_all_since_marker());
      case Opcodes.APPENDS -> append(stack.pop_all_since_marker());
      case Opcodes.GLOBAL -> stack.add(PickleGlobal.named(name() + "." + name()));
      case Opcodes.STACK_GLOBAL -> {
        Object name = stack.pop();
        stack.add(PickleGlobal.named(stack.pop() + "." + name));
      }
      case Opcodes.REDUCE -> stack.add(reduce());
      // Attributes, as the _metadata of a state_dict: not used, so not set.
      case Opcodes.BUILD -> stack.pop();
      case Opcodes.BINPERSID -> stack.add(storage(stack.pop()));
      default ->
          throw new IOException(
              "the pickle in it has an instruction 0x%02x that PyTorch does not write"
                  .formatted(instruction & 0xFF));
    }
    return NO_RETURN_VALUE;
  }

  private String string() throws IOException {
    int length = PickleUtils.bytes_to_integer(PickleUtils.readbytes(input, 4));
    if (length < 0 || length > LONGEST_STRING) {
      throw new IOException(
          "the pickle in it has a string of %s bytes".formatted(Integer.toUnsignedString(length)));
    }
    return new String(PickleUtils.readbytes(input, length), StandardCharsets.UTF_8);
  }

  /** A line of text, as names of globals are written. */
  private String name() throws IOException {
    StringBuilder name = new StringBuilder();
    for (int c = input.read(); c != '\n'; c = input.read()) {
      if (name.length() == LONGEST_NAME) {
        throw new IOException("refers to a Python object with an endless name");
      }
      name.append((char) c);
    }
    return name.toString();
  }

  @SuppressWarnings("unchecked")
  private Map<Object, @Nullable Object> dict() {
    return (Map<Object, @Nullable Object>) stack.peek();
  }

  private void setItems(List<? extends @Nullable Object> items) throws IOException {
    if (items.size() % 2 != 0) {
      throw new IOException("the pickle in it has a dictionary with a key but no value");
    }
    Map<Object, @Nullable Object> dict = dict();
    for (int i = 0; i < items.size(); i += 2) {
      dict.put(PickleGlobal.key(items.get(i)), items.get(i + 1));
    }
  }

  @SuppressWarnings("unchecked")
  private void append(List<? extends @Nullable Object> items) {
    ((ArrayList<@Nullable Object>) stack.peek()).addAll(items);
  }

  private @Nullable Object reduce() throws IOException {
    List<? extends @Nullable Object> args = PickleGlobal.tuple(stack.pop());
    if (stack.pop() instanceof PickleGlobal global && args != null) {
      return global.call(args);
    }
    throw new IOException("the pickle in it calls something that cannot be called");
  }

  /** The storage of a persistent identifier ("storage", type, key, device, elements[, view]). */
  private StorageRef storage(@Nullable Object identifier) throws IOException {
    List<? extends @Nullable Object> tuple = PickleGlobal.tuple(identifier);
    if (tuple == null
        || tuple.size() < 5
        || !"storage".equals(tuple.get(0))
        || !(tuple.get(1) instanceof StorageType type)
        || !(tuple.get(2) instanceof String key)) {
      throw new IOException("the pickle in it has a persistent identifier of no storage");
    }
    if (tuple.size() > 5 && tuple.get(5) != null) {
      throw new IOException("has views of storages, as PyTorch before 0.4 wrote them");
    }
    long elements = PickleGlobal.integer(tuple.get(4));
    if (elements < 0 || elements > Long.MAX_VALUE / type.bytes()) {
      throw new IOException(
          "storage %s has %d elements".formatted(FileErrors.quote(key), elements));
    }
    StorageRef storage = new StorageRef(key, type, elements);
    StorageRef known = storages.putIfAbsent(key, storage);
    if (known != null && !known.equals(storage)) {
      throw new IOException("storage %s is described in two ways".formatted(FileErrors.quote(key)));
    }
    return storage;
  }

  /** A stream with a limit, whose end is an exception and not a value. */
  private static final class Bounded extends FilterInputStream {
    private long left = MOST_BYTES;

    Bounded(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      take(1);
      int value = super.read();
      if (value < 0) {
        throw new EOFException();
      }
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      take(length);
      if (in.readNBytes(bytes, offset, length) < length) {
        throw new EOFException();
      }
      return length;
    }

    private void take(int n) throws IOException {
      left -= n;
      if (left < 0) {
        throw new IOException("the pickle in it is longer than " + MOST_BYTES + " bytes");
      }
    }
  }
}
