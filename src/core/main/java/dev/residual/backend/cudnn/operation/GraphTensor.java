package dev.residual.backend.cudnn.operation;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A tensor of an operation graph.
 *
 * @param name its identity: within a graph no two tensors of one name differ
 * @param dims the extents in cuDNN's order: n c h w of images, k c r s of filters
 * @param strides the distance of neighbours in elements, for each extent
 * @param type the element type
 * @param storage where the elements are
 * @param constant the number of a tensor by value; 0 for others
 */
public record GraphTensor(
    String name,
    List<Long> dims,
    List<Long> strides,
    ElementType type,
    Storage storage,
    double constant) {

  private static final int MOST_DIMS = 8;

  /** Checks the extents. */
  public GraphTensor {
    dims = List.copyOf(dims);
    strides = List.copyOf(strides);
    if (!name.matches("[A-Za-z0-9_.$/-]+")) {
      throw new IllegalArgumentException(
          "a tensor's name is letters, digits and _ . $ / -, and not \"" + name + "\"");
    }
    if (dims.isEmpty() || dims.size() > MOST_DIMS || dims.size() != strides.size()) {
      throw new IllegalArgumentException(
          "%s: 1 to %d extents, and a stride for each, are needed, not %s with strides %s"
              .formatted(name, MOST_DIMS, dims, strides));
    }
    if (dims.stream().anyMatch(d -> d < 1) || strides.stream().anyMatch(s -> s < 1)) {
      throw new IllegalArgumentException(
          "%s: extents and strides are at least 1, not %s with strides %s"
              .formatted(name, dims, strides));
    }
    if (storage == Storage.BY_VALUE && product(dims) != 1) {
      throw new IllegalArgumentException(
          name + ": a tensor by value has one element, not the extents " + dims);
    }
    if (storage != Storage.BY_VALUE && constant != 0) {
      throw new IllegalArgumentException(
          name + ": only a tensor by value has a constant, " + constant + " was given");
    }
  }

  /** A batch of images in memory, channels last. */
  public static GraphTensor image(String name, long n, long c, long h, long w, ElementType type) {
    return channelsLast(name, List.of(n, c, h, w), type, Storage.MEMORY, 0);
  }

  /**
   * The weights of a convolution in memory, channels last.
   *
   * @param k the output channels
   * @param c the input channels of one group
   * @param r the height of the window
   * @param s the width of the window
   */
  public static GraphTensor filter(String name, long k, long c, long r, long s, ElementType type) {
    return channelsLast(name, List.of(k, c, r, s), type, Storage.MEMORY, 0);
  }

  /** A number for each channel, in memory. */
  public static GraphTensor channels(String name, long c, ElementType type) {
    return channelsLast(name, List.of(1L, c, 1L, 1L), type, Storage.MEMORY, 0);
  }

  /** One number, in memory. */
  public static GraphTensor scalar(String name, ElementType type) {
    return channelsLast(name, List.of(1L, 1L, 1L, 1L), type, Storage.MEMORY, 0);
  }

  /** One number that the graph contains. */
  public static GraphTensor constant(String name, ElementType type, double value) {
    return channelsLast(name, List.of(1L, 1L, 1L, 1L), type, Storage.BY_VALUE, value);
  }

  private static GraphTensor channelsLast(
      String name, List<Long> dims, ElementType type, Storage storage, double constant) {
    return new GraphTensor(name, dims, channelsLast(dims), type, storage, constant);
  }

  private static List<Long> channelsLast(List<Long> dims) {
    long c = dims.get(1);
    long w = Math.multiplyExact(dims.get(3), c);
    return List.of(Math.multiplyExact(dims.get(2), w), 1L, w, c);
  }

  /** This tensor, not stored. */
  public GraphTensor asVirtual() {
    return new GraphTensor(name, dims, strides, type, Storage.VIRTUAL, 0);
  }

  /** This tensor by another name. */
  public GraphTensor named(String other) {
    return new GraphTensor(other, dims, strides, type, storage, constant);
  }

  /** Whether it is not stored. */
  public boolean isVirtual() {
    return storage == Storage.VIRTUAL;
  }

  /** How many elements it has. */
  public long elements() {
    return product(dims);
  }

  /** The bytes that its elements take, packed. */
  public long bytes() {
    return type.bytes(elements());
  }

  private static long product(List<Long> dims) {
    return dims.stream().reduce(1L, Math::multiplyExact);
  }

  /** The text of a tensor like this one by another name. */
  String text(String other) {
    if (storage == Storage.BY_VALUE) {
      return other + ":" + type + "=" + constant;
    }
    String packed = dims.size() == 4 && strides.equals(channelsLast(dims)) ? "" : " strides ";
    return (isVirtual() ? "virtual " : "")
        + other
        + ":"
        + type
        + "["
        + join(dims)
        + (packed.isEmpty() ? "" : packed + join(strides))
        + "]";
  }

  private static String join(List<Long> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** As {@code x:half[32,64,56,56]}; strides are given where channels do not lie last. */
  @Override
  public String toString() {
    return text(name);
  }
}
