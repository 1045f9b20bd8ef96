package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reader of pickles that makes nothing of them but a picture.
 *
 * <p>Pickle is a program in a small language. Here its instructions describe objects and never make
 * them: classes and functions are names ({@link PickleGlobal}), what they were called with is kept
 * in a {@link PickleRecord}, and no code of the file or of this process runs. Each instruction
 * takes time and memory in proportion to its bytes or to what it takes off the stack: nothing is
 * copied, compared, hashed or printed through the objects it refers to.
 *
 * <p>Numbers are Long, Double or Boolean (BigInteger beyond 63 bits), texts String, lists and sets
 * {@link ArrayList}, tuples {@link PickleTuple}, storages {@link StorageRef}, None null.
 */
final class PyTorchPickle {
  private static final long MOST_BYTES = 64L << 20;
  private static final long LEAST_LIMIT = 1L << 20;
  private static final int MOST_INSTRUCTIONS = 5_000_000;

  /** How far zip may have compressed a pickle. */
  private static final long COMPRESSION = 16;

  private static final int HIGHEST_PROTOCOL = 5;

  private final long mostBytes;
  private final Map<String, StorageRef> storages = new HashMap<>();
  private final List<@Nullable Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, @Nullable Object> memo = new HashMap<>();
  private int instructions;

  /**
   * A reader for a file of this size.
   *
   * @param fileBytes the size in bytes, which limits that of the pickles
   */
  PyTorchPickle(long fileBytes) {
    mostBytes = Math.min(MOST_BYTES, LEAST_LIMIT + COMPRESSION * fileBytes);
  }

  /** The storages that the pickles read so far refer to, by key. */
  Map<String, StorageRef> storages() {
    return storages;
  }

  /** How many instructions were read, a measure of the size of what they describe. */
  int instructions() {
    return instructions;
  }

  /**
   * The object of one pickle. Of the stream no byte after it is read.
   *
   * @throws IOException if the pickle is malformed or too long
   */
  @Nullable Object read(InputStream stream) throws IOException {
    stack.clear();
    marks.clear();
    memo.clear();
    PickleInput in = new PickleInput(stream, mostBytes);
    while (true) {
      if (++instructions > MOST_INSTRUCTIONS) {
        throw new IOException("the pickle in it has over " + MOST_INSTRUCTIONS + " instructions");
      }
      int code = in.u1();
      PickleOp op = PickleOp.of(code);
      if (op == null) {
        throw new IOException(
            "the pickle in it has an instruction 0x%02x that PyTorch does not write"
                .formatted(code));
      }
      if (op == PickleOp.STOP) {
        return pop();
      }
      execute(op, in);
    }
  }

  private void execute(PickleOp op, PickleInput in) throws IOException {
    switch (op) {
      case PROTO -> checkProtocol(in.u1());
      case FRAME -> in.u8();
      case STOP -> throw new AssertionError(op);
      case MARK -> marks.add(stack.size());
      case POP -> {
        if (stack.size() == fence()) {
          popMark();
        } else {
          pop();
        }
      }
      case POP_MARK -> popMark();
      case DUP -> push(top());
      case NONE -> push(null);
      case NEWTRUE -> push(true);
      case NEWFALSE -> push(false);
      case BININT -> push((long) in.i4());
      case BININT1 -> push((long) in.u1());
      case BININT2 -> push((long) in.u2());
      case LONG1 -> push(in.integer(in.u1()));
      case LONG4 -> push(in.integer(in.u4()));
      case BINFLOAT -> push(in.f8());
      case SHORT_BINSTRING -> push(in.text(in.u1(), StandardCharsets.ISO_8859_1));
      case BINSTRING -> push(in.text(in.u4(), StandardCharsets.ISO_8859_1));
      case SHORT_BINUNICODE -> push(in.text(in.u1(), StandardCharsets.UTF_8));
      case BINUNICODE -> push(in.text(in.u4(), StandardCharsets.UTF_8));
      case BINUNICODE8 -> push(in.text(in.u8(), StandardCharsets.UTF_8));
      case SHORT_BINBYTES -> push(in.skipped(in.u1(), PickleGlobal.BYTES));
      case BINBYTES -> push(in.skipped(in.u4(), PickleGlobal.BYTES));
      case BINBYTES8, BYTEARRAY8 -> push(in.skipped(in.u8(), PickleGlobal.BYTES));
      case EMPTY_TUPLE -> push(PickleTuple.EMPTY);
      case TUPLE1 -> pushTuple(1);
      case TUPLE2 -> pushTuple(2);
      case TUPLE3 -> pushTuple(3);
      case TUPLE, FROZENSET -> push(new PickleTuple(popMark()));
      case EMPTY_LIST, EMPTY_SET -> push(new ArrayList<@Nullable Object>(0));
      case APPEND -> {
        Object element = pop();
        append(element);
      }
      case APPENDS, ADDITEMS -> append(popMark());
      case EMPTY_DICT -> push(new PickleRecord());
      case SETITEM -> {
        Object value = pop();
        Object key = pop();
        setItems(key, value);
      }
      case SETITEMS -> setItems(popMark());
      case BINGET -> push(memorised(in.u1()));
      case LONG_BINGET -> push(memorised(in.i4()));
      case BINPUT -> memo.put(in.u1(), top());
      case LONG_BINPUT -> memo.put(in.i4(), top());
      case MEMOIZE -> memo.put(memo.size(), top());
      case GLOBAL -> push(new PickleGlobal(in.line(), in.line()));
      case STACK_GLOBAL -> {
        Object name = pop();
        Object module = pop();
        push(global(module, name));
      }
      case REDUCE, NEWOBJ -> {
        Object arguments = pop();
        push(new PickleRecord(pop(), arguments));
      }
      case NEWOBJ_EX -> {
        pop();
        Object arguments = pop();
        push(new PickleRecord(pop(), arguments));
      }
      case INST -> {
        PickleGlobal type = new PickleGlobal(in.line(), in.line());
        push(new PickleRecord(type, new PickleTuple(popMark())));
      }
      case OBJ -> {
        @Nullable Object[] items = popMark();
        if (items.length == 0) {
          throw damaged("an object has no class");
        }
        PickleTuple arguments = new PickleTuple(Arrays.copyOfRange(items, 1, items.length));
        push(new PickleRecord(items[0], arguments));
      }
      case BUILD -> {
        Object state = pop();
        if (top() instanceof PickleRecord record) {
          record.setState(state);
        }
      }
      case BINPERSID -> push(persistent(pop()));
    }
  }

  private static void checkProtocol(int protocol) throws IOException {
    if (protocol > HIGHEST_PROTOCOL) {
      throw new IOException("the pickle in it has the unknown protocol " + protocol);
    }
  }

  private void push(@Nullable Object value) {
    stack.add(value);
  }

  /** The object below which there is nothing, or a mark. */
  private int fence() {
    return marks.isEmpty() ? 0 : marks.getLast();
  }

  private void require(int objects) throws IOException {
    if (stack.size() - fence() < objects) {
      throw damaged("an instruction lacks its objects");
    }
  }

  private @Nullable Object pop() throws IOException {
    require(1);
    return stack.removeLast();
  }

  private @Nullable Object top() throws IOException {
    require(1);
    return stack.getLast();
  }

  private void pushTuple(int objects) throws IOException {
    require(objects);
    push(new PickleTuple(popFrom(stack.size() - objects)));
  }

  /** Takes all objects above the last mark off the stack, and the mark. */
  private @Nullable Object[] popMark() throws IOException {
    if (marks.isEmpty()) {
      throw damaged("an instruction lacks its mark");
    }
    return popFrom(marks.removeLast());
  }

  private @Nullable Object[] popFrom(int first) {
    List<@Nullable Object> last = stack.subList(first, stack.size());
    @Nullable Object[] items = last.toArray();
    last.clear();
    return items;
  }

  @SuppressWarnings("unchecked")
  private void append(@Nullable Object... items) throws IOException {
    switch (top()) {
      case ArrayList<?> list -> ((ArrayList<@Nullable Object>) list).addAll(Arrays.asList(items));
      case PickleRecord record -> {
        for (Object item : items) {
          record.add(item);
        }
      }
      case null, default -> throw damaged("an element is added to what is no list");
    }
  }

  private void setItems(@Nullable Object... items) throws IOException {
    if (items.length % 2 != 0) {
      throw damaged("a dictionary has a key but no value");
    }
    if (!(top() instanceof PickleRecord record)) {
      throw damaged("an item is set in what is no dictionary");
    }
    for (int i = 0; i < items.length; i += 2) {
      record.put(items[i], items[i + 1]);
    }
  }

  private @Nullable Object memorised(int index) throws IOException {
    Object value = memo.get(index);
    if (value == null && !memo.containsKey(index)) {
      throw damaged("an object is used before it is there");
    }
    return value;
  }

  private static PickleGlobal global(@Nullable Object module, @Nullable Object name)
      throws IOException {
    if (module instanceof String m && name instanceof String n) {
      return new PickleGlobal(m, n);
    }
    throw damaged("the name of a Python object is no text");
  }

  /** A storage, or the class of a module, beside which PyTorch once wrote its source. */
  private @Nullable Object persistent(@Nullable Object identifier) throws IOException {
    List<@Nullable Object> items = PickleTuple.items(identifier);
    if (items.size() > 1 && "storage".equals(items.get(0))) {
      return storage(StorageRef.of(items));
    }
    if (items.size() > 1 && "module".equals(items.get(0))) {
      return items.get(1);
    }
    throw new IOException("the pickle in it has a persistent identifier of no storage");
  }

  private StorageRef storage(StorageRef storage) throws IOException {
    StorageRef known = storages.putIfAbsent(storage.key(), storage);
    if (known != null && !known.equals(storage)) {
      throw new IOException(
          "storage %s is described in two ways".formatted(FileErrors.quote(storage.key())));
    }
    return known == null ? storage : known;
  }

  private static IOException damaged(String reason) {
    return new IOException("the pickle in it is damaged: " + reason);
  }
}
