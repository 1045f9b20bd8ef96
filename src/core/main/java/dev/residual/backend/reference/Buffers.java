package dev.residual.backend.reference;

import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The buffers of all values of a graph. */
final class Buffers {
  private final Map<Value, Buffer> buffers = new HashMap<>();

  /** No buffers. */
  Buffers() {}

  /** New buffers of zeros. */
  Buffers(Graph graph) {
    graph.values().forEach(value -> buffers.put(value, new Buffer(value)));
  }

  /** The parameters and states of another session, and new buffers for all else. */
  Buffers(Graph graph, Buffers shared) {
    for (Value value : graph.values()) {
      boolean isShared = value.role() == Role.PARAMETER || value.role() == Role.STATE;
      buffers.put(value, isShared ? shared.get(value) : new Buffer(value));
    }
  }

  Buffer get(Value value) {
    return Objects.requireNonNull(buffers.get(value));
  }

  double[] elements(Value value) {
    return get(value).elements;
  }

  double @Nullable [] elementsOrNull(@Nullable Value value) {
    return value == null ? null : elements(value);
  }

  long bytes() {
    return buffers.values().stream().mapToLong(Buffer::bytes).sum();
  }
}
