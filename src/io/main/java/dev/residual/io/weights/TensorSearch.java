package dev.residual.io.weights;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Queue;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The search for the weights in the object of a checkpoint: of all dictionaries of tensors in it,
 * and of all networks saved as objects, it finds the one that holds the most.
 *
 * <p>Tensors without extents, as counters and losses, count only where others are equal. Before
 * that, names such as {@code state_dict} go before others, and averaged weights after them. What an
 * optimiser keeps is passed over.
 */
final class TensorSearch {
  private static final String STATE = "state";
  private static final String GROUPS = "param_groups";

  private final Steps steps;
  private final Queue<Place> queue = new ArrayDeque<>();
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private @Nullable FoundTensors best;

  private TensorSearch(Steps steps) {
    this.steps = steps;
  }

  /**
   * An object, and where it is.
   *
   * @param parent the object that holds it, null for the root
   * @param key by which it is held; null for the root, and for attributes and arguments
   */
  record Place(@Nullable Place parent, @Nullable Object key, Object object) {}

  /**
   * The best dictionary of tensors, or null if there is none.
   *
   * @throws IOException if the objects hold each other over and over
   */
  static @Nullable FoundTensors in(@Nullable Object root, Steps steps) throws IOException {
    TensorSearch search = new TensorSearch(steps);
    search.add(null, null, root);
    Place place = search.queue.poll();
    while (place != null) {
      search.visit(place);
      place = search.queue.poll();
    }
    return search.best;
  }

  private void add(@Nullable Place parent, @Nullable Object key, @Nullable Object object) {
    if ((object instanceof PickleRecord
            || object instanceof List<?>
            || object instanceof PickleTuple)
        && seen.add(object)) {
      queue.add(new Place(parent, key, object));
    }
  }

  private void addAll(Place place, List<? extends @Nullable Object> objects) throws IOException {
    steps.take(objects.size());
    for (int i = 0; i < objects.size(); i++) {
      add(place, i, objects.get(i));
    }
  }

  private void visit(Place place) throws IOException {
    switch (place.object) {
      case PickleRecord record -> visit(place, record);
      case List<?> list -> addAll(place, list);
      case PickleTuple tuple -> addAll(place, PickleTuple.items(tuple));
      default -> throw new AssertionError(place);
    }
  }

  private void visit(Place place, PickleRecord record) throws IOException {
    if (PickledTensor.of(record) != null) {
      return;
    }
    SequencedMap<String, @Nullable Object> items = Items.named(record, steps);
    if (ModuleTensors.isScript(record) || ModuleTensors.areAttributes(items)) {
      compare(new FoundTensors(place, ModuleTensors.of(record, steps), true));
      return;
    }
    if (items.containsKey(STATE) && items.containsKey(GROUPS)) {
      return;
    }
    SequencedMap<String, PickledTensor> tensors = new LinkedHashMap<>();
    items.forEach(
        (name, value) -> {
          PickledTensor tensor = PickledTensor.of(value);
          if (tensor != null) {
            tensors.put(name, tensor);
          }
        });
    compare(new FoundTensors(place, tensors, false));
    items.forEach((name, value) -> add(place, name, value));
    steps.take(record.keys().size());
    for (int i = 0; i < record.keys().size(); i++) {
      add(place, record.keys().get(i), record.values().get(i));
    }
    addAll(place, record.elements());
    add(place, null, record.state());
    addAll(place, record.arguments());
  }

  private void compare(FoundTensors found) {
    if (!found.tensors().isEmpty() && (best == null || found.isBetterThan(best))) {
      best = found;
    }
  }
}
