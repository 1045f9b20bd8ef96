package dev.residual.io.weights;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.HeapMemory;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** A tensor of a PyTorch checkpoint: a strided view of a storage. */
final class TensorView {
  private final StorageRef storage;
  private final long offset;
  private final long[] dims;
  private final long[] strides;

  /**
   * A view that is not yet checked.
   *
   * @param offset the first element in the storage
   * @param dims the extents
   * @param strides the distance in elements between neighbours along each extent
   */
  TensorView(StorageRef storage, long offset, long[] dims, long[] strides) {
    this.storage = storage;
    this.offset = offset;
    this.dims = dims;
    this.strides = strides;
  }

  StorageRef storage() {
    return storage;
  }

  /**
   * Checks the extents, and that every element lies in the storage.
   *
   * @throws IOException naming the tensor
   */
  Shape check(String name) throws IOException {
    Shape shape = Shapes.of(name, dims);
    boolean inside = offset >= 0;
    long last = offset;
    try {
      for (int i = 0; i < dims.length; i++) {
        inside &= strides[i] >= 0;
        last = Math.addExact(last, Math.multiplyExact(dims[i] - 1, strides[i]));
      }
    } catch (ArithmeticException e) {
      inside = false;
    }
    if (!inside || last >= storage.elements()) {
      throw new IOException(
          "tensor %s of shape %s, strides %s and offset %d is not inside its storage of %d elements"
              .formatted(
                  FileErrors.quote(name),
                  shape,
                  Arrays.toString(strides),
                  offset,
                  storage.elements()));
    }
    return shape;
  }

  /** The tensor, with memory of its own, given the memory of the storage. */
  Tensor gather(String name, MemorySegment memory) throws IOException {
    Shape shape = check(name);
    int bytes = storage.type().bytes();
    MemorySegment elements = HeapMemory.allocate(shape.elements(), bytes);
    if (isContiguous()) {
      MemorySegment.copy(memory, offset * bytes, elements, 0, elements.byteSize());
    } else {
      gatherStrided(memory, elements, bytes);
    }
    return storage.type().tensor(shape, elements);
  }

  /** Whether this view is its whole storage in row-major order. */
  boolean isWholeStorage() {
    return offset == 0
        && isContiguous()
        && Arrays.stream(dims).reduce(1, (a, b) -> a * b) == storage.elements();
  }

  private boolean isContiguous() {
    long expected = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      // The stride of an extent of one is never used.
      if (dims[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= dims[i];
    }
    return true;
  }

  private void gatherStrided(MemorySegment memory, MemorySegment elements, int bytes) {
    long[] index = new long[dims.length];
    long position = offset;
    for (long dst = 0; dst < elements.byteSize(); dst += bytes) {
      MemorySegment.copy(memory, position * bytes, elements, dst, bytes);
      for (int i = dims.length - 1; i >= 0; i--) {
        position += strides[i];
        if (++index[i] < dims[i]) {
          break;
        }
        position -= dims[i] * strides[i];
        index[i] = 0;
      }
    }
  }
}
