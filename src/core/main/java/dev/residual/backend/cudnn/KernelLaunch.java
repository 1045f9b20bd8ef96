package dev.residual.backend.cudnn;

import dev.residual.graph.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A launch of one of our kernels: its name, the members of its structure of arguments by name, and
 * the number of blocks.
 */
final class KernelLaunch implements Launch {
  private final String kernel;
  private final Map<String, Argument> arguments = new LinkedHashMap<>();
  private long blocks = 1;
  private int splits = 1;

  /** What a member of the structure holds. */
  sealed interface Argument permits Pointer, Numbers, Floats, Rows {}

  /** The address of a value. */
  record Pointer(Value value, long offset, boolean isRead, boolean isWritten) implements Argument {
    @Override
    public String toString() {
      return value.name() + (offset == 0 ? "" : "+" + offset);
    }
  }

  /** A number, or several for an array. */
  record Numbers(List<Double> numbers) implements Argument {
    @Override
    public String toString() {
      return numbers.size() == 1 ? numbers.getFirst().toString() : numbers.toString();
    }
  }

  /** The address of constant numbers in the memory of the device. */
  record Floats(List<Float> numbers) implements Argument {
    @Override
    public String toString() {
      return numbers.toString();
    }
  }

  /** The address of a table in the memory of the device: structures of this name, one a row. */
  record Rows(String structure, List<Map<String, Argument>> rows) implements Argument {
    @Override
    public String toString() {
      return rows.size() + " " + structure;
    }
  }

  KernelLaunch(String kernel) {
    this.kernel = kernel;
  }

  /** Lets a member point at what is read. */
  KernelLaunch in(String member, Value value) {
    return put(member, new Pointer(value, 0, true, false));
  }

  /** The same, unless there is nothing to read: then the member is 0. */
  KernelLaunch inIfPresent(String member, @Nullable Value value) {
    return value == null ? this : in(member, value);
  }

  /** Lets a member point at what is written. */
  KernelLaunch out(String member, Value value) {
    return put(member, new Pointer(value, 0, false, true));
  }

  /** Lets a member point into what is read, so many bytes from its start. */
  KernelLaunch in(String member, Value value, long offset) {
    return put(member, new Pointer(value, offset, true, false));
  }

  /** Lets a member point into what is written, so many bytes from its start. */
  KernelLaunch out(String member, Value value, long offset) {
    return put(member, new Pointer(value, offset, false, true));
  }

  /** Lets a member point at what is changed in place. */
  KernelLaunch inOut(String member, Value value) {
    return put(member, new Pointer(value, 0, true, true));
  }

  /** Sets a member to an integer, of at most 53 bits. */
  KernelLaunch with(String member, long number) {
    return put(member, new Numbers(List.of((double) number)));
  }

  /** Sets a member. */
  KernelLaunch with(String member, double... numbers) {
    List<Double> list = new ArrayList<>();
    for (double number : numbers) {
      list.add(number);
    }
    return put(member, new Numbers(List.copyOf(list)));
  }

  /** Sets a member that holds the type of a value. */
  KernelLaunch type(String member, Value value) {
    return with(member, KernelTypes.code(value.dtype()));
  }

  /** Sets the member {@code type}. */
  KernelLaunch type(Value value) {
    return type("type", value);
  }

  /** Lets a member point at constants. */
  KernelLaunch floats(String member, List<Float> numbers) {
    return put(member, new Floats(List.copyOf(numbers)));
  }

  /** Lets a member point at a table. */
  KernelLaunch table(String member, String structure, List<Map<String, Argument>> rows) {
    return put(member, new Rows(structure, List.copyOf(rows)));
  }

  /** Lets the grid fit so many elements. */
  KernelLaunch elements(long count) {
    return on(Math.min(Math.ceilDiv(count, KernelTypes.BLOCK_ELEMENTS), KernelTypes.GRID_LIMIT));
  }

  /** Lets the grid fit so many rows. */
  KernelLaunch rows(long count) {
    return on(Math.min(count, KernelTypes.GRID_LIMIT));
  }

  /** Sets the number of blocks. */
  KernelLaunch on(long grid) {
    blocks = Math.max(1, grid);
    return this;
  }

  /** Lets the grid fit the channels of images, in so many splits of the rows. */
  KernelLaunch columns(long channels, int count) {
    splits = count;
    return on(Math.ceilDiv(channels, KernelTypes.CHANNEL_TILE));
  }

  private KernelLaunch put(String member, Argument argument) {
    if (arguments.put(member, argument) != null) {
      throw new IllegalArgumentException(kernel + " is given " + member + " twice");
    }
    return this;
  }

  /** The name of the kernel, without that of its type. */
  String kernel() {
    return kernel;
  }

  long blocks() {
    return blocks;
  }

  /** The blocks in the second direction. */
  int splits() {
    return splits;
  }

  Map<String, Argument> arguments() {
    return arguments;
  }

  @Override
  public List<Value> reads() {
    return pointers(Pointer::isRead);
  }

  @Override
  public List<Value> writes() {
    return pointers(Pointer::isWritten);
  }

  private List<Value> pointers(Predicate<Pointer> wanted) {
    List<Value> found = new ArrayList<>();
    arguments.values().forEach(argument -> collect(argument, wanted, found));
    return found.stream().distinct().toList();
  }

  private static void collect(Argument argument, Predicate<Pointer> wanted, List<Value> found) {
    switch (argument) {
      case Pointer pointer when wanted.test(pointer) -> found.add(pointer.value());
      case Rows table ->
          table
              .rows()
              .forEach(row -> row.values().forEach(member -> collect(member, wanted, found)));
      default -> {}
    }
  }

  @Override
  public KernelLaunch map(UnaryOperator<Value> places) {
    KernelLaunch mapped = new KernelLaunch(kernel);
    mapped.blocks = blocks;
    mapped.splits = splits;
    mapped.arguments.putAll(map(arguments, places));
    return mapped;
  }

  private static Map<String, Argument> map(
      Map<String, Argument> arguments, UnaryOperator<Value> places) {
    Map<String, Argument> mapped = new LinkedHashMap<>();
    arguments.forEach(
        (member, argument) ->
            mapped.put(
                member,
                switch (argument) {
                  case Pointer(Value value, long offset, boolean isRead, boolean isWritten) ->
                      new Pointer(places.apply(value), offset, isRead, isWritten);
                  case Rows(String structure, List<Map<String, Argument>> rows) ->
                      new Rows(structure, rows.stream().map(row -> map(row, places)).toList());
                  default -> argument;
                }));
    return mapped;
  }

  @Override
  public String implementation() {
    return "cuda:" + kernel;
  }

  @Override
  public String toString() {
    return kernel + arguments + " on " + blocks + " blocks";
  }
}
