package dev.residual.io;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** What is in the dictionaries of a pickle. */
final class Items {
  private Items() {}

  /**
   * The items whose keys are texts, in their order; of a key that comes twice the last. Empty if
   * the object is no dictionary.
   *
   * @throws IOException if there are too many for these steps
   */
  static SequencedMap<String, @Nullable Object> named(@Nullable Object object, Steps steps)
      throws IOException {
    SequencedMap<String, @Nullable Object> items = new LinkedHashMap<>();
    if (object instanceof PickleRecord record) {
      for (Object pair : pairs(record, steps)) {
        if (pair instanceof List<?> list && list.size() == 2) {
          put(items, list.get(0), list.get(1));
        } else if (pair instanceof @Nullable Object[] tuple && tuple.length == 2) {
          put(items, tuple[0], tuple[1]);
        }
      }
      steps.take(record.keys().size());
      for (int i = 0; i < record.keys().size(); i++) {
        put(items, record.keys().get(i), record.values().get(i));
      }
    }
    return items;
  }

  /** The first object, or null. */
  static @Nullable Object first(@Nullable Object... objects) {
    return objects.length == 0 ? null : objects[0];
  }

  /** The pairs that an OrderedDict was made of. */
  private static List<? extends @Nullable Object> pairs(PickleRecord record, Steps steps)
      throws IOException {
    if (record.global() instanceof PickleGlobal global
        && global.is("collections", "OrderedDict")
        && first(record.arguments()) instanceof List<?> pairs) {
      steps.take(pairs.size());
      return pairs;
    }
    return List.of();
  }

  private static void put(
      SequencedMap<String, @Nullable Object> items, @Nullable Object key, @Nullable Object value) {
    if (key instanceof String name) {
      items.put(name, value);
    }
  }
}
