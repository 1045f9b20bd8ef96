package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import dev.residual.io.weights.TensorSearch.Place;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The tensors of a dictionary in a checkpoint, or those of a network saved as an object. */
final class FoundTensors {
  private static final Set<String> USUAL =
      Set.of("state_dict", "model_state_dict", "model", "net", "network", "weights", "params");
  private static final Pattern AVERAGED =
      Pattern.compile("(.*[_.])?(ema|swa|avg|averaged?)([_.].*)?", Pattern.DOTALL);
  private static final int LONGEST_PATH = 8;

  private final Place place;
  private final SequencedMap<String, PickledTensor> tensors;
  private final boolean network;
  private final long weights;

  /**
   * Tensors by name.
   *
   * @param network whether they are those of a network, of whose attributes no others matter
   */
  FoundTensors(Place place, SequencedMap<String, PickledTensor> tensors, boolean network) {
    this.place = place;
    this.tensors = tensors;
    this.network = network;
    this.weights = tensors.values().stream().filter(PickledTensor::hasExtents).count();
  }

  SequencedMap<String, PickledTensor> tensors() {
    return tensors;
  }

  /** Whether these are rather the weights than others that were found before. */
  boolean isBetterThan(FoundTensors other) {
    if (weights != other.weights) {
      return weights > other.weights;
    }
    if (rank() != other.rank()) {
      return rank() < other.rank();
    }
    return tensors.size() > other.tensors.size();
  }

  private int rank() {
    if (!(place.key() instanceof String name)) {
      return 1;
    }
    return AVERAGED.matcher(name).matches() ? 2 : USUAL.contains(name) ? 0 : 1;
  }

  /** Where they are, for a message; empty if the checkpoint is this dictionary. */
  String where() {
    List<String> keys = new ArrayList<>();
    for (Place at = place; at != null && keys.size() < LONGEST_PATH; at = at.parent()) {
      if (at.key() != null) {
        keys.add(LeftAside.text(at.key()));
      }
    }
    return keys.isEmpty() ? "" : FileErrors.quote(String.join(".", keys.reversed()));
  }

  /**
   * What else the checkpoint holds, from the outermost dictionary inwards.
   *
   * @throws IOException if it is too much for these steps
   */
  LeftAside others(Steps steps) throws IOException {
    List<Place> path = new ArrayList<>();
    for (Place at = place; at != null; at = at.parent()) {
      path.add(at);
    }
    LeftAside others = new LeftAside();
    for (int i = path.size() - 1; i > 0; i--) {
      addItems(path.get(i).object(), path.get(i - 1).object(), others, steps);
    }
    if (!network) {
      addItems(place.object(), null, others, steps);
    }
    return others;
  }

  private void addItems(Object holder, @Nullable Object inner, LeftAside others, Steps steps)
      throws IOException {
    if (!(holder instanceof PickleRecord)) {
      return;
    }
    for (Map.Entry<String, @Nullable Object> item : Items.named(holder, steps).entrySet()) {
      Object value = item.getValue();
      boolean taken = inner == null ? tensors.containsKey(item.getKey()) : value == inner;
      if (!taken) {
        others.add(item.getKey(), LeftAside.type(value));
      }
    }
  }
}
