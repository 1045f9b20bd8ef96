package dev.residual.io.weights;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tuple of a pickle, or the arguments of a call. Like a record it is never printed. */
final class PickleTuple {
  static final PickleTuple EMPTY = new PickleTuple();

  private final List<@Nullable Object> items;

  PickleTuple(@Nullable Object... items) {
    this.items = Arrays.asList(items);
  }

  /** The items of an object that is a tuple; none of any other. */
  static List<@Nullable Object> items(@Nullable Object object) {
    return object instanceof PickleTuple tuple ? tuple.items : EMPTY.items;
  }
}
