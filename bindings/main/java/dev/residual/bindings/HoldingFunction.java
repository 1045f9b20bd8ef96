package dev.residual.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A C function that takes plain addresses, called so that the memory of some segments stays until
 * it returns: meanwhile {@link Arena#close} of the arena that they belong to throws.
 *
 * <p>The linker holds the arenas of segments that are arguments. So the segments are passed as
 * arguments behind those that the function has, where it does not look for any: in C the caller
 * takes arguments off the stack, so that further ones do no harm.
 */
public final class HoldingFunction {
  /** The number of segments that is called fastest; fewer are filled up. */
  public static final int FEW = 4;

  /** The most segments that one call holds. */
  public static final int MOST = 200;

  private final FunctionDescriptor descriptor;
  private final Function<FunctionDescriptor, MethodHandle> linking;
  private final Map<Integer, MethodHandle> handles = new ConcurrentHashMap<>();

  /**
   * A function.
   *
   * @param descriptor of its own arguments
   * @param linking makes the handle that calls it with a descriptor
   */
  public HoldingFunction(
      FunctionDescriptor descriptor, Function<FunctionDescriptor, MethodHandle> linking) {
    this.descriptor = descriptor;
    this.linking = linking;
  }

  /**
   * Segments as calls take them: one of each arena is enough.
   *
   * @throws IllegalArgumentException if there are more than {@link #MOST}
   */
  public static MemorySegment[] held(Collection<MemorySegment> segments) {
    if (segments.size() > MOST) {
      throw new IllegalArgumentException(
          "memory of %d arenas in one operation, which can be of %d at most"
              .formatted(segments.size(), MOST));
    }
    Stream<MemorySegment> filling =
        Stream.generate(() -> MemorySegment.NULL).limit(Math.max(0, FEW - segments.size()));
    return Stream.concat(segments.stream(), filling).toArray(MemorySegment[]::new);
  }

  /**
   * The handle that calls the function with its own arguments and then an array of so many
   * segments.
   */
  public MethodHandle handle(int segments) {
    return handles.computeIfAbsent(segments, this::link);
  }

  private MethodHandle link(int segments) {
    MemoryLayout[] addresses =
        Stream.generate(() -> ADDRESS).limit(segments).toArray(MemoryLayout[]::new);
    return linking
        .apply(descriptor.appendArgumentLayouts(addresses))
        .asSpreader(MemorySegment[].class, segments);
  }
}
