package dev.residual.io.weights;

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
        List<? extends @Nullable Object> both =
            pair instanceof List<?> list ? list : PickleTuple.items(pair);
        if (both.size() == 2) {
          put(items, both.get(0), both.get(1));
        }
      }
      steps.take(record.keys().size());
      for (int i = 0; i < record.keys().size(); i++) {
        put(items, record.keys().get(i), record.values().get(i));
      }
    }
    return items;
  }

  /** The pairs that an OrderedDict was made of. */
  private static List<? extends @Nullable Object> pairs(PickleRecord record, Steps steps)
      throws IOException {
    if (record.isOf("collections", "OrderedDict")
        && record.firstArgument() instanceof List<?> pairs) {
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
