package dev.residual.io.weights;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters and buffers of a network that was saved as an object, by the names that its state
 * dictionary would give them. Networks are those of {@code torch.save(module)} and of TorchScript.
 */
final class ModuleTensors {
  private static final String PARAMETERS = "_parameters";
  private static final String BUFFERS = "_buffers";
  private static final String MODULES = "_modules";
  private static final String UNSAVED = "_non_persistent_buffers_set";
  private static final String SCRIPT = "__torch__";
  private static final int CHARACTERS_A_STEP = 8;

  private final Steps steps;
  private final SequencedMap<String, PickledTensor> tensors = new LinkedHashMap<>();
  private final Deque<Module> modules = new ArrayDeque<>();

  private ModuleTensors(Steps steps) {
    this.steps = steps;
  }

  /** A module, and what stands before the names in it. */
  private record Module(String prefix, Object object) {}

  /** Whether these are the attributes of a module. */
  static boolean areAttributes(Map<String, ?> items) {
    return items.containsKey(PARAMETERS) && items.containsKey(MODULES);
  }

  /** Whether an object is a module of TorchScript. */
  static boolean isScript(@Nullable Object object) {
    PickleGlobal global = object instanceof PickleRecord record ? record.global() : null;
    return global != null && (global.module() + ".").startsWith(SCRIPT + ".");
  }

  /**
   * The tensors of a module: one of TorchScript, or one by its attributes.
   *
   * @throws IOException if modules hold each other over and over, or a name is too long
   */
  static SequencedMap<String, PickledTensor> of(PickleRecord root, Steps steps) throws IOException {
    ModuleTensors found = new ModuleTensors(steps);
    found.modules.push(new Module("", root));
    while (!found.modules.isEmpty()) {
      found.visit(found.modules.pop());
    }
    return found.tensors;
  }

  private void visit(Module module) throws IOException {
    steps.take(1);
    if (isScript(module.object)) {
      SequencedMap<String, @Nullable Object> attributes =
          Items.named(((PickleRecord) module.object).state(), steps);
      addTensors(module.prefix, attributes, Set.of());
      attributes.values().removeIf(value -> !isScript(value));
      addModules(module.prefix, attributes);
      return;
    }
    Map<String, @Nullable Object> attributes = attributes(module.object);
    addTensors(module.prefix, Items.named(attributes.get(PARAMETERS), steps), Set.of());
    addTensors(
        module.prefix,
        Items.named(attributes.get(BUFFERS), steps),
        Set.copyOf(texts(attributes.get(UNSAVED))));
    addModules(module.prefix, Items.named(attributes.get(MODULES), steps));
  }

  /** The attributes of a module; empty if the object is none. */
  private Map<String, @Nullable Object> attributes(Object object) throws IOException {
    Object first = object;
    for (int depth = 0; depth < 2 && first instanceof PickleRecord record; depth++) {
      Map<String, @Nullable Object> items = Items.named(record, steps);
      if (areAttributes(items)) {
        return items;
      }
      // Traced graphs have their attributes as an argument; objects with slots in a pair.
      first = record.state() == null ? record.firstArgument() : record.state();
      List<@Nullable Object> pair = PickleTuple.items(first);
      first = pair.isEmpty() ? first : pair.getFirst();
    }
    return Map.of();
  }

  private void addTensors(String prefix, Map<String, @Nullable Object> items, Set<String> without)
      throws IOException {
    for (Map.Entry<String, @Nullable Object> item : items.entrySet()) {
      PickledTensor tensor = PickledTensor.of(item.getValue());
      if (tensor != null && !without.contains(item.getKey())) {
        tensors.put(name(prefix, item.getKey()), tensor);
      }
    }
  }

  private void addModules(String prefix, SequencedMap<String, @Nullable Object> items)
      throws IOException {
    // The first is taken off the stack first.
    for (Map.Entry<String, @Nullable Object> item : items.reversed().entrySet()) {
      if (item.getValue() instanceof PickleRecord module) {
        modules.push(new Module(name(prefix, item.getKey()) + ".", module));
      }
    }
  }

  private String name(String prefix, String last) throws IOException {
    int length = prefix.length() + last.length();
    steps.take(length / CHARACTERS_A_STEP);
    if (length > PickleInput.LONGEST_TEXT) {
      throw new IOException("has a module with an endless name");
    }
    return prefix + last;
  }

  /** The texts in a set, as any protocol writes it. */
  private Set<String> texts(@Nullable Object set) throws IOException {
    Object elements = set instanceof PickleRecord record ? record.firstArgument() : set;
    Set<String> texts = new HashSet<>();
    if (elements instanceof List<?> list) {
      steps.take(list.size());
      for (Object element : list) {
        if (element instanceof String text) {
          texts.add(text);
        }
      }
    }
    return texts;
  }
}
