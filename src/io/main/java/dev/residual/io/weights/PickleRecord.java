package dev.residual.io.weights;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Python object of a pickle, as it was described and without life: what made it, from which
 * arguments, and what was put into it. Dictionaries are such records, too, made by nothing.
 *
 * <p>Records refer to each other in any way, themselves included, so they are compared by identity
 * and never printed. Keys are as the pickle has them, those that come twice included.
 */
final class PickleRecord {
  private final @Nullable Object callable;
  private final @Nullable Object arguments;
  private @Nullable Object state;
  private @Nullable List<@Nullable Object> keys;
  private @Nullable List<@Nullable Object> values;
  private @Nullable List<@Nullable Object> elements;

  /** An empty dictionary. */
  PickleRecord() {
    this(null, null);
  }

  /** What a call of this would give. */
  PickleRecord(@Nullable Object callable, @Nullable Object arguments) {
    this.callable = callable;
    this.arguments = arguments;
  }

  /** The class or function, or null if something else made the object. */
  @Nullable PickleGlobal global() {
    return callable instanceof PickleGlobal global ? global : null;
  }

  /** Whether this class or function made the object. */
  boolean isOf(String module, String name) {
    return callable instanceof PickleGlobal global && global.is(module, name);
  }

  /** The arguments; none if they are no tuple. */
  List<@Nullable Object> arguments() {
    return PickleTuple.items(arguments);
  }

  /** The first argument, or null if there is none. */
  @Nullable Object firstArgument() {
    return arguments().isEmpty() ? null : arguments().getFirst();
  }

  /** The attributes that the object was given, or null. */
  @Nullable Object state() {
    return state;
  }

  void setState(@Nullable Object state) {
    this.state = state;
  }

  void put(@Nullable Object key, @Nullable Object value) {
    List<@Nullable Object> to = keys;
    if (to == null) {
      to = new ArrayList<>();
      keys = to;
      values = new ArrayList<>();
    }
    to.add(key);
    values().add(value);
  }

  void add(@Nullable Object element) {
    List<@Nullable Object> to = elements;
    if (to == null) {
      to = new ArrayList<>();
      elements = to;
    }
    to.add(element);
  }

  /** The keys, those that come twice included. */
  List<@Nullable Object> keys() {
    return keys == null ? List.of() : keys;
  }

  /** A value for each of the keys. */
  List<@Nullable Object> values() {
    return values == null ? List.of() : values;
  }

  /** The elements of an object that is a list, too. */
  List<@Nullable Object> elements() {
    return elements == null ? List.of() : elements;
  }
}
