package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a file holds beside the tensors that are taken, as far as it fits into a line. */
final class LeftAside {
  private static final int LISTED = 8;

  private final List<String> first = new ArrayList<>();
  private int count;

  /**
   * Notes something.
   *
   * @param type what it is; empty if there is nothing to say about it
   */
  void add(String name, String type) {
    if (count++ < LISTED) {
      first.add(FileErrors.quote(name) + (type.isEmpty() ? "" : " (" + type + ")"));
    }
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** The list, for a message. */
  @Override
  public String toString() {
    String others = count > first.size() ? " and " + (count - first.size()) + " more" : "";
    return String.join(", ", first) + others;
  }

  /**
   * The line that says so; none if nothing was left aside.
   *
   * @param tensors how many were taken
   * @param where in which dictionary; empty if there is no other
   */
  List<String> notes(int tensors, String where) {
    return count == 0
        ? List.of()
        : List.of(
            "took %d tensor%s%s; left aside %s"
                .formatted(
                    tensors, tensors == 1 ? "" : "s", where.isEmpty() ? "" : " of " + where, this));
  }

  /** A key as text; one that is no text or number as what it is. */
  static String text(Object key) {
    return key instanceof String || key instanceof Integer || key instanceof Long
        ? key.toString()
        : "?";
  }

  /** The class of a Python object, fit for a message; empty for what is common. */
  static String type(@Nullable Object object) {
    PickleGlobal global = object instanceof PickleRecord record ? record.global() : null;
    return global != null
            && !global.is("collections", "OrderedDict")
            && PickledTensor.of(object) == null
        ? FileErrors.printable(global.toString())
        : "";
  }
}
