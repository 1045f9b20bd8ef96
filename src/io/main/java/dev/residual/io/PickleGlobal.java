package dev.residual.io;

import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Python class or function that a checkpoint may refer to. There are no others: a name outside
 * the list is refused before anything is made of it, and none of these runs code from the file.
 */
enum PickleGlobal {
  ORDERED_DICT("collections.OrderedDict"),
  TENSOR_V1("torch._utils._rebuild_tensor"),
  TENSOR("torch._utils._rebuild_tensor_v2"),
  PARAMETER("torch._utils._rebuild_parameter"),
  PARAMETER_CLASS("torch.nn.parameter.Parameter"),
  SIZE("torch.Size"),
  DEVICE("torch.device");

  private static final String TORCH = "torch.";

  private final String path;

  PickleGlobal(String path) {
    this.path = path;
  }

  /**
   * The global with this name: a constant of this type or a {@link StorageType}.
   *
   * @throws IOException if it is not on the list
   */
  static Object named(String path) throws IOException {
    for (PickleGlobal global : values()) {
      if (global.path.equals(path)) {
        return global;
      }
    }
    StorageType type =
        path.startsWith(TORCH) ? StorageType.named(path.substring(TORCH.length())) : null;
    if (type == null) {
      throw new IOException(
          "refers to the Python object %s; only tensors in dictionaries are read, nothing else"
                  .formatted(FileErrors.quote(path))
              + " is ever loaded");
    }
    return type;
  }

  /** What a call with these arguments stands for. */
  @Nullable Object call(List<? extends @Nullable Object> args) throws IOException {
    return switch (this) {
      case ORDERED_DICT -> orderedDict(args);
      case TENSOR, TENSOR_V1 -> tensor(args);
      case PARAMETER, PARAMETER_CLASS, SIZE -> {
        if (args.isEmpty()) {
          throw new IOException(path + " without arguments");
        }
        yield args.get(0);
      }
      case DEVICE -> path;
    };
  }

  private static Object orderedDict(List<? extends @Nullable Object> args) throws IOException {
    Map<Object, @Nullable Object> dict = new LinkedHashMap<>();
    if (!args.isEmpty()) {
      if (!(args.get(0) instanceof List<?> pairs)) {
        throw new IOException("an OrderedDict of something other than a list");
      }
      for (Object pair : pairs) {
        List<? extends @Nullable Object> items = pair instanceof List<?> list ? list : tuple(pair);
        if (items == null || items.size() != 2) {
          throw new IOException("an OrderedDict of items that are not pairs");
        }
        dict.put(key(items.get(0)), items.get(1));
      }
    }
    return dict;
  }

  /** The items of a tuple, or null if the value is something else. */
  static @Nullable List<@Nullable Object> tuple(@Nullable Object value) {
    return value instanceof Object[] items ? Arrays.asList(items) : null;
  }

  /**
   * A value that can be a key of a dictionary.
   *
   * @throws IOException if it is a container: the hash of one that holds itself never ends
   */
  static Object key(@Nullable Object key) throws IOException {
    if (key == null || key instanceof Collection<?> || key instanceof Map<?, ?>) {
      throw new IOException("a dictionary has a key that is no string or number");
    }
    return key;
  }

  private static TensorView tensor(List<? extends @Nullable Object> args) throws IOException {
    if (args.size() < 4 || !(args.get(0) instanceof StorageRef storage)) {
      throw new IOException("a tensor needs a storage, an offset, a size and strides");
    }
    long[] dims = integers(args.get(2));
    long[] strides = integers(args.get(3));
    if (dims.length != strides.length) {
      throw new IOException(
          "a tensor of rank %d has %d strides".formatted(dims.length, strides.length));
    }
    return new TensorView(storage, integer(args.get(1)), dims, strides);
  }

  private static long[] integers(@Nullable Object value) throws IOException {
    List<? extends @Nullable Object> tuple = tuple(value);
    if (tuple == null || tuple.size() > Shapes.HIGHEST_RANK) {
      throw new IOException("the size and strides of a tensor must be short tuples");
    }
    long[] integers = new long[tuple.size()];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = integer(tuple.get(i));
    }
    return integers;
  }

  /**
   * An integer.
   *
   * @throws IOException if the value is something else or beyond 63 bits
   */
  static long integer(@Nullable Object value) throws IOException {
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw new IOException("expected an integer, found " + FileErrors.quote(type(value)));
  }

  private static String type(@Nullable Object value) {
    return value == null ? "None" : value.getClass().getSimpleName();
  }
}
