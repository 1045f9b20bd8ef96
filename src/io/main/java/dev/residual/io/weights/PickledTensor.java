package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor as a pickle describes it: the arguments of the function that would rebuild it, unchecked
 * until a {@link #view} is wanted.
 */
final class PickledTensor {
  private static final String UTILS = "torch._utils";

  /** A parameter of a tensor of a subclass, and more than PyTorch nests. */
  private static final int DEEPEST = 4;

  private final List<@Nullable Object> arguments;

  private PickledTensor(List<@Nullable Object> arguments) {
    this.arguments = arguments;
  }

  /** The tensor or parameter that this object is, or null. */
  static @Nullable PickledTensor of(@Nullable Object object) {
    Object inner = object;
    for (int depth = 0; depth < DEEPEST && inner instanceof PickleRecord record; depth++) {
      PickleGlobal global = record.global();
      List<@Nullable Object> arguments = record.arguments();
      if (global == null || arguments.isEmpty()) {
        return null;
      }
      if (global.is(UTILS, "_rebuild_tensor_v2") || global.is(UTILS, "_rebuild_tensor")) {
        return new PickledTensor(arguments);
      }
      if (global.is(UTILS, "_rebuild_parameter")
          || global.is(UTILS, "_rebuild_parameter_with_state")
          || global.is("torch.nn.parameter", "Parameter")) {
        inner = arguments.get(0);
      } else if (global.is("torch._tensor", "_rebuild_from_type_v2") && arguments.size() > 2) {
        // Function, type, arguments of the function, attributes.
        inner = new PickleRecord(arguments.get(0), arguments.get(2));
      } else {
        return null;
      }
    }
    return null;
  }

  /** Whether it has extents, as weights do and counters and losses do not. */
  boolean hasExtents() {
    return arguments.size() > 2 && !PickleTuple.items(size(arguments.get(2))).isEmpty();
  }

  /** Why no {@link dev.residual.tensor.Tensor} can be made of it, or null. */
  @Nullable String unsupported() {
    if (arguments.get(0) instanceof StorageRef storage && !storage.type().isReadable()) {
      return storage.type().className();
    }
    boolean empty = arguments.size() > 2 && PickleTuple.items(size(arguments.get(2))).contains(0L);
    return empty ? "no elements" : null;
  }

  /**
   * The view of a storage that it is.
   *
   * @throws IOException naming the tensor, if the description is malformed
   */
  TensorView view(String name) throws IOException {
    if (arguments.size() < 4 || !(arguments.get(0) instanceof StorageRef storage)) {
      throw malformed(name, "needs a storage, an offset, a size and strides");
    }
    long[] dims = integers(name, size(arguments.get(2)));
    long[] strides = integers(name, arguments.get(3));
    if (dims.length != strides.length) {
      throw malformed(name, "of rank %d has %d strides".formatted(dims.length, strides.length));
    }
    if (!(arguments.get(1) instanceof Long offset)) {
      throw malformed(name, "has an offset that is no integer");
    }
    return new TensorView(storage, offset, dims, strides);
  }

  private static @Nullable Object size(@Nullable Object size) {
    return size instanceof PickleRecord record && record.isOf("torch", "Size")
        ? record.firstArgument()
        : size;
  }

  private static long[] integers(String name, @Nullable Object value) throws IOException {
    List<@Nullable Object> items = PickleTuple.items(value);
    if (!(value instanceof PickleTuple) || items.size() > Shapes.HIGHEST_RANK) {
      throw malformed(name, "has a size or strides that are no short tuples");
    }
    long[] integers = new long[items.size()];
    for (int i = 0; i < integers.length; i++) {
      if (!(items.get(i) instanceof Long integer)) {
        throw malformed(name, "has an extent or stride that is no integer");
      }
      integers[i] = integer;
    }
    return integers;
  }

  private static IOException malformed(String name, String reason) {
    return new IOException("tensor %s %s".formatted(FileErrors.quote(name), reason));
  }
}
