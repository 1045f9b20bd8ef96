package dev.residual.io.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The names of tensors without what wrappers around a network put before them: {@code module.} of
 * data-parallel training and of averaged models, {@code _orig_mod.} of compiled ones, {@code
 * model.}, {@code net.} and {@code backbone.} of frameworks. The counter of an averaged model goes
 * with its wrapper.
 */
final class WrapperNames {
  private static final String WRAPPED = "module.";
  private static final List<String> PREFIXES = List.of(WRAPPED, "model.", "net.", "backbone.");

  /** A reserved name, so it may stand anywhere. */
  private static final String COMPILED = "_orig_mod.";

  /** How many models an averaged one is the mean of. */
  static final String COUNTER = "n_averaged";

  /** Wrappers within wrappers, and more than anyone needs: names come from strangers. */
  private static final int MOST_WRAPPERS = 16;

  private WrapperNames() {}

  /**
   * The same tensors, in the same order, by their names without wrappers. Nothing is taken off that
   * not all names have, or that would give two tensors one name.
   */
  static <T> SequencedMap<String, T> strip(SequencedMap<String, T> tensors) {
    SequencedMap<String, T> names = withoutCounter(withoutCompiled(tensors));
    for (int i = 0; i < MOST_WRAPPERS; i++) {
      Optional<String> prefix = commonPrefix(names);
      if (prefix.isEmpty()) {
        break;
      }
      names = withoutCounter(withoutPrefix(prefix.get().length(), names));
    }
    return names;
  }

  private static <T> SequencedMap<String, T> withoutCompiled(SequencedMap<String, T> tensors) {
    SequencedMap<String, T> stripped = LinkedHashMap.newLinkedHashMap(tensors.size());
    tensors.forEach((name, tensor) -> stripped.put(withoutCompiled(name), tensor));
    return stripped.size() == tensors.size() && !stripped.containsKey("") ? stripped : tensors;
  }

  private static String withoutCompiled(String name) {
    String stripped = "." + name;
    for (int i = 0; i < MOST_WRAPPERS && stripped.contains("." + COMPILED); i++) {
      stripped = stripped.replace("." + COMPILED, ".");
    }
    return stripped.substring(1);
  }

  private static <T> SequencedMap<String, T> withoutPrefix(
      int length, SequencedMap<String, T> tensors) {
    SequencedMap<String, T> stripped = LinkedHashMap.newLinkedHashMap(tensors.size());
    tensors.forEach((name, tensor) -> stripped.put(name.substring(length), tensor));
    return stripped;
  }

  private static <T> SequencedMap<String, T> withoutCounter(SequencedMap<String, T> tensors) {
    if (!tensors.containsKey(COUNTER) || tensors.size() == 1) {
      return tensors;
    }
    SequencedMap<String, T> others = new LinkedHashMap<>(tensors);
    others.remove(COUNTER);
    return allStartWith(WRAPPED, others) ? others : tensors;
  }

  private static Optional<String> commonPrefix(Map<String, ?> tensors) {
    return PREFIXES.stream().filter(prefix -> allStartWith(prefix, tensors)).findFirst();
  }

  private static boolean allStartWith(String prefix, Map<String, ?> tensors) {
    return !tensors.isEmpty()
        && tensors.keySet().stream()
            .allMatch(name -> name.startsWith(prefix) && name.length() > prefix.length());
  }
}
