package dev.residual.bindings;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.residual.bindings.GuardedMemory.Edge;
import dev.residual.bindings.kernels.KernelExecute;
import dev.residual.bindings.kernels.Residual;
import java.lang.foreign.Arena;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.ToLongFunction;

/** A call of one of Residual's own kernels: a structure, and the arrays that it points to. */
final class KernelCase {

  private enum Content {
    NORMAL,
    POSITIVE,
    HALF,
    ZEROS,
    BYTES;

    int bytes() {
      return switch (this) {
        case NORMAL, POSITIVE, ZEROS -> 4;
        case HALF -> 2;
        case BYTES -> 1;
      };
    }
  }

  private record Array(Content content, long elements) {
    long bytes() {
      return elements * content.bytes();
    }
  }

  private final String name;
  private final int kernel;
  private final GroupLayout layout;
  private final Map<String, Array> arrays = new LinkedHashMap<>();
  private final Map<String, Number> numbers = new LinkedHashMap<>();
  private final Map<String, long[]> series = new LinkedHashMap<>();
  private final Map<String, Long> workspaces = new LinkedHashMap<>();
  private ToLongFunction<MemorySegment> scratch = structure -> 0;

  KernelCase(String name, int kernel, GroupLayout layout) {
    this.name = name;
    this.kernel = kernel;
    this.layout = layout;
  }

  String name() {
    return name;
  }

  /** Points a field at floats of a normal distribution. */
  KernelCase floats(String field, long elements) {
    arrays.put(field, new Array(Content.NORMAL, elements));
    return this;
  }

  /** Points a field at floats in [0.1, 1). */
  KernelCase positive(String field, long elements) {
    arrays.put(field, new Array(Content.POSITIVE, elements));
    return this;
  }

  /** Points a field at bytes of all values. */
  KernelCase bytes(String field, long elements) {
    arrays.put(field, new Array(Content.BYTES, elements));
    return this;
  }

  /** Points a field at 32-bit zeros. */
  KernelCase zeros(String field, long elements) {
    arrays.put(field, new Array(Content.ZEROS, elements));
    return this;
  }

  /** Points a field at elements of a normal distribution, of one of the kernels' types. */
  KernelCase elements(String field, int dtype, long elements) {
    boolean isHalf = dtype == Residual.RESIDUAL_BF16();
    arrays.put(field, new Array(isHalf ? Content.HALF : Content.NORMAL, elements));
    return this;
  }

  /** Points a field at memory whose contents are not looked at. */
  KernelCase workspace(String field, long bytes) {
    workspaces.put(field, bytes);
    return this;
  }

  KernelCase number(String field, Number value) {
    numbers.put(field, value);
    return this;
  }

  /** Sets the first numbers of a field that holds several. */
  KernelCase numbers(String field, long... values) {
    series.put(field, values);
    return this;
  }

  /** The size of the scratch that the structure asks for; negative if it has no kernel here. */
  KernelCase scratch(ToLongFunction<MemorySegment> bytes) {
    scratch = bytes;
    return this;
  }

  /** What a call left in its arrays. */
  record Sums(double sum, double magnitude) {}

  /**
   * Calls the kernel with every array flush against a forbidden page.
   *
   * @param shorter the field whose array is one byte short at that edge; empty for none
   * @return null if there is no kernel for this structure here
   */
  Sums run(Edge edge, String shorter) {
    MemorySegment structure = Arena.global().allocate(layout);
    numbers.forEach((field, value) -> set(structure, field, value));
    series.forEach(
        (field, values) ->
            MemorySegment.copy(
                values, 0, structure, ValueLayout.JAVA_LONG, offset(field), values.length));
    long scratchBytes = scratch.applyAsLong(structure);
    if (scratchBytes < 0) {
      return null;
    }
    if (scratchBytes > 0) {
      point(structure, "scratch", GuardedMemory.allocate(scratchBytes, edge).address());
    }
    workspaces.forEach(
        (field, bytes) -> point(structure, field, GuardedMemory.allocate(bytes, edge).address()));
    Map<String, MemorySegment> memory = new LinkedHashMap<>();
    arrays.forEach(
        (field, array) -> {
          boolean isShort = field.equals(shorter);
          MemorySegment segment = GuardedMemory.allocate(array.bytes() - (isShort ? 1 : 0), edge);
          fill(segment, field, array);
          memory.put(field, segment);
          long skipped = isShort && edge == Edge.START ? 1 : 0;
          point(structure, field, segment.address() - skipped);
        });
    KernelExecute.execute(kernel, structure.address());
    double sum = 0;
    double magnitude = 0;
    for (Map.Entry<String, MemorySegment> entry : memory.entrySet()) {
      MemorySegment segment = entry.getValue();
      Content content = arrays.get(entry.getKey()).content;
      for (long i = 0; i < segment.byteSize() / content.bytes(); i++) {
        double element = get(segment, content, i);
        // Weighted, so that elements in each other's places are noticed.
        sum += element * (1 + i * 7 % 11);
        magnitude += Math.abs(element) * (1 + i * 7 % 11);
      }
    }
    return new Sums(sum, magnitude);
  }

  private static double get(MemorySegment segment, Content content, long index) {
    return switch (content) {
      case NORMAL, POSITIVE, ZEROS -> segment.get(JAVA_FLOAT_UNALIGNED, 4 * index);
      case HALF -> Float.intBitsToFloat(segment.get(JAVA_SHORT_UNALIGNED, 2 * index) << 16);
      case BYTES -> Byte.toUnsignedInt(segment.get(JAVA_BYTE, index));
    };
  }

  private void fill(MemorySegment segment, String field, Array array) {
    Random random = new Random(31L * name.hashCode() + field.hashCode());
    for (long i = 0; i < array.elements; i++) {
      if (array.bytes() > segment.byteSize() && i + 1 == array.elements) {
        return; // of the array that is a byte short
      }
      switch (array.content) {
        case NORMAL -> segment.set(JAVA_FLOAT_UNALIGNED, 4 * i, (float) random.nextGaussian());
        case POSITIVE -> segment.set(JAVA_FLOAT_UNALIGNED, 4 * i, random.nextFloat(0.1f, 1));
        case HALF -> {
          int bits = Float.floatToRawIntBits((float) random.nextGaussian());
          segment.set(JAVA_SHORT_UNALIGNED, 2 * i, (short) (bits >> 16));
        }
        case ZEROS -> {}
        case BYTES -> segment.set(JAVA_BYTE, i, (byte) random.nextInt());
      }
    }
  }

  private void point(MemorySegment structure, String field, long address) {
    structure.set(ADDRESS, offset(field), MemorySegment.ofAddress(address));
  }

  private void set(MemorySegment structure, String field, Number value) {
    switch (layout.select(PathElement.groupElement(field))) {
      case ValueLayout.OfInt number -> structure.set(number, offset(field), value.intValue());
      case ValueLayout.OfLong number -> structure.set(number, offset(field), value.longValue());
      case ValueLayout.OfFloat number -> structure.set(number, offset(field), value.floatValue());
      case ValueLayout.OfDouble number -> structure.set(number, offset(field), value.doubleValue());
      default -> throw new IllegalArgumentException(field + " of " + layout + " is no number");
    }
  }

  private long offset(String field) {
    return layout.byteOffset(PathElement.groupElement(field));
  }
}
