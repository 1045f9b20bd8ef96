package dev.residual.dlpack;

import dev.residual.bindings.dlpack.DlTensor;
import dev.residual.tensor.DType;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Strided;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor of another library's, checked.
 *
 * @param isOnHost whether Java may touch the memory
 * @param address of the first byte, whatever the order of the elements
 * @param bytes from the first to the last
 * @param elements where they lie, from the address on
 * @param layout in which they lie without gaps; null if in none
 */
record ForeignTensor(
    DType dtype,
    boolean isOnHost,
    long address,
    long bytes,
    Strided elements,
    @Nullable Layout layout) {

  /**
   * Checks all that it says of itself.
   *
   * @throws IllegalArgumentException naming what is unknown or impossible
   */
  static ForeignTensor of(DlTensor tensor) {
    DType dtype = ElementTypes.of(tensor.dtype());
    Shape shape = shape(tensor.shape());
    long[] strides = strides(tensor, shape);
    if (tensor.data() == 0) {
      throw refused(tensor, "its memory has the address 0");
    }
    long first = 0;
    long last = 0;
    long address;
    long bytes;
    try {
      for (int i = 0; i < strides.length; i++) {
        long reach = Math.multiplyExact(shape.dim(i) - 1L, strides[i]);
        first = Math.addExact(first, Math.min(0, reach));
        last = Math.addExact(last, Math.max(0, reach));
      }
      bytes = Math.multiplyExact(Math.addExact(Math.subtractExact(last, first), 1), dtype.bytes());
      long start = Math.multiplyExact(first, dtype.bytes());
      address = Math.addExact(Math.addExact(tensor.data(), tensor.byteOffset()), start);
      Math.addExact(address, bytes);
    } catch (ArithmeticException e) {
      throw refused(tensor, "its elements lie outside of all memory", e);
    }
    if (tensor.byteOffset() < 0 || address <= 0) {
      throw refused(tensor, "its elements lie outside of all memory");
    }
    return new ForeignTensor(
        dtype,
        isOnHost(tensor),
        address,
        bytes,
        Strided.of(shape, -first, strides),
        layout(shape, strides));
  }

  private static Shape shape(List<Long> extents) {
    int[] dims = new int[extents.size()];
    for (int i = 0; i < dims.length; i++) {
      long extent = extents.get(i);
      if (extent < 1 || extent > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a tensor has the extents %s, each must be from 1 to %d"
                .formatted(extents, Integer.MAX_VALUE));
      }
      dims[i] = (int) extent;
    }
    return Shape.of(dims);
  }

  /** The strides that count: those of an extent of one may be anything. */
  private static long[] strides(DlTensor tensor, Shape shape) {
    long[] strides = Strided.rowMajor(shape);
    List<Long> given = tensor.strides();
    for (int i = 0; given != null && i < strides.length; i++) {
      strides[i] = shape.dim(i) == 1 ? 0 : given.get(i);
    }
    return strides;
  }

  private static @Nullable Layout layout(Shape shape, long[] strides) {
    for (Layout layout : Layout.values()) {
      long[] packed = Strided.strides(shape, layout);
      boolean agrees = true;
      for (int i = 0; i < strides.length; i++) {
        agrees &= shape.dim(i) == 1 || strides[i] == packed[i];
      }
      if (agrees) {
        return layout;
      }
    }
    return null;
  }

  private static boolean isOnHost(DlTensor tensor) {
    return switch (tensor.device().type()) {
      case DlTensor.CPU, DlTensor.CUDA_HOST -> true;
      case DlTensor.CUDA -> false;
      default ->
          throw refused(
              tensor,
              "it lies on DLPack's device type %d, expected the processor or CUDA"
                  .formatted(tensor.device().type()));
    };
  }

  private static IllegalArgumentException refused(DlTensor tensor, String why) {
    return refused(tensor, why, null);
  }

  private static IllegalArgumentException refused(
      DlTensor tensor, String why, @Nullable Exception cause) {
    return new IllegalArgumentException(
        "a tensor of extents %s, strides %s and an offset of %s bytes: %s"
            .formatted(
                tensor.shape(), tensor.strides(), Long.toUnsignedString(tensor.byteOffset()), why),
        cause);
  }
}
