package dev.residual.engine.program;

import dev.residual.graph.Role;
import dev.residual.graph.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values that are bound to host memory that steps cannot access: they are copied in before each
 * run, and what the run changes is copied out after it. A parameter that nothing updates is copied
 * when it is bound.
 *
 * @param <T> the caller's memory, as the session copies it
 */
public final class StagedBindings<T> {
  private final Copies<T> copies;
  private final Map<Value, Binding<T>> bound = new LinkedHashMap<>();

  /** The same, for runs, which allocate nothing. */
  private List<Binding<T>> bindings = List.of();

  private static final class Binding<T> {
    final Value value;
    final boolean isReadBefore;
    final boolean isWrittenAfter;
    T memory;

    Binding(Value value, boolean isReadBefore, boolean isWrittenAfter, T memory) {
      this.value = value;
      this.isReadBefore = isReadBefore;
      this.isWrittenAfter = isWrittenAfter;
      this.memory = memory;
    }

    /** Copied when it is bound, and not before each run. */
    boolean isConstant() {
      return !isReadBefore && !isWrittenAfter;
    }
  }

  /** The copies between memory of the host, in the layout of the session, and the session's own. */
  public interface Copies<T> {
    /** Copies a value in. */
    void in(Value value, T memory);

    /** Copies a value out, when it is computed. */
    void out(Value value, T memory);
  }

  /** No bindings yet. */
  public StagedBindings(Copies<T> copies) {
    this.copies = copies;
  }

  /**
   * Binds a value.
   *
   * @param isUpdated whether the graph changes it, though it is no activation
   */
  public void bind(Value value, T memory, boolean isUpdated) {
    Binding<T> binding = bound.get(value);
    if (binding == null) {
      boolean isOutput = value.role() == Role.ACTIVATION;
      boolean isChanged = isOutput || isUpdated;
      boolean isConstant = value.role() == Role.PARAMETER && !isChanged;
      binding = new Binding<>(value, !isOutput && !isConstant, isChanged, memory);
      put(binding);
    }
    binding.memory = memory;
    bindAgain(value);
  }

  /** Copies in what a value is bound to already, for it has changed. */
  public void bindAgain(Value value) {
    Binding<T> binding = bound.get(value);
    if (binding != null && binding.isConstant()) {
      copies.in(value, binding.memory);
    }
  }

  /** Takes over the parameters and states of the session that this one's is a fork of. */
  public void share(StagedBindings<T> other) {
    other.bound.forEach(
        (value, binding) -> {
          if (value.role() == Role.PARAMETER || value.role() == Role.STATE) {
            put(binding);
          }
        });
  }

  private void put(Binding<T> binding) {
    bound.put(binding.value, binding);
    bindings = List.copyOf(bound.values());
  }

  /** Forgets the binding of a value. */
  public void unbind(Value value) {
    if (bound.remove(value) != null) {
      bindings = List.copyOf(bound.values());
    }
  }

  /** Copies out what was just written to a value. */
  public void written(Value value) {
    Binding<T> binding = bound.get(value);
    if (binding != null) {
      copies.out(value, binding.memory);
    }
  }

  /** Copies in what is about to be read from a value. */
  public void reading(Value value) {
    Binding<T> binding = bound.get(value);
    if (binding != null) {
      copies.in(value, binding.memory);
    }
  }

  /** Copies in what a run reads. */
  public void beforeRun() {
    for (int i = 0; i < bindings.size(); i++) {
      Binding<T> binding = bindings.get(i);
      if (binding.isReadBefore) {
        copies.in(binding.value, binding.memory);
      }
    }
  }

  /** Copies out what a run has changed. */
  public void afterRun() {
    for (int i = 0; i < bindings.size(); i++) {
      Binding<T> binding = bindings.get(i);
      if (binding.isWrittenAfter) {
        copies.out(binding.value, binding.memory);
      }
    }
  }

  /** Forgets all bindings. */
  public void clear() {
    bound.clear();
    bindings = List.of();
  }
}
