package dev.residual.io.weights;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.residual.io.files.HeapMemory;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The element types of PyTorch's storages, by the name of their class. Tensors are made of some of
 * them; of the others the size is known, so that they can be passed over.
 */
enum StorageType {
  FLOAT("FloatStorage", 4, DType.F32),
  DOUBLE("DoubleStorage", 8, DType.F64),
  HALF("HalfStorage", 2, DType.F16),
  BFLOAT16("BFloat16Storage", 2, DType.BF16),
  LONG("LongStorage", 8, DType.I64),
  INT("IntStorage", 4, DType.I32),
  SHORT("ShortStorage", 2, DType.I32),
  CHAR("CharStorage", 1, DType.S8),
  BYTE("ByteStorage", 1, DType.U8),
  BOOL("BoolStorage", 1, DType.U8),
  UNTYPED("UntypedStorage", 1, null),
  COMPLEX_FLOAT("ComplexFloatStorage", 8, null),
  COMPLEX_DOUBLE("ComplexDoubleStorage", 16, null),
  QINT8("QInt8Storage", 1, null),
  QUINT8("QUInt8Storage", 1, null),
  QINT32("QInt32Storage", 4, null),
  QUINT4X2("QUInt4x2Storage", 1, null),
  QUINT2X4("QUInt2x4Storage", 1, null);

  private static final Set<String> MODULES = Set.of("torch", "torch.storage", "torch.cuda");

  private final String className;
  private final int bytes;
  private final @Nullable DType dtype;

  StorageType(String className, int bytes, @Nullable DType dtype) {
    this.className = className;
    this.bytes = bytes;
    this.dtype = dtype;
  }

  /** The type of this Python class, or null. */
  static @Nullable StorageType named(PickleGlobal global) {
    for (StorageType type : values()) {
      if (type.className.equals(global.name()) && MODULES.contains(global.module())) {
        return type;
      }
    }
    return null;
  }

  /** The type that stores elements like these. */
  static StorageType of(DType dtype) {
    for (StorageType type : values()) {
      if (type.dtype == dtype) {
        return type;
      }
    }
    throw new AssertionError(dtype);
  }

  /** The name of the Python class in the module {@code torch}. */
  String className() {
    return className;
  }

  /** Whether tensors are made of these elements. */
  boolean isReadable() {
    return dtype != null;
  }

  /** The size of one element in bytes. */
  int bytes() {
    return bytes;
  }

  /**
   * A tensor over these elements: half precision is widened to {@link DType#F32}, 16-bit integers
   * to {@link DType#I32}, the others are used in place.
   */
  Tensor tensor(Shape shape, MemorySegment elements) throws IOException {
    return switch (this) {
      case SHORT -> {
        MemorySegment ints = HeapMemory.allocate(shape.elements(), DType.I32.bytes());
        for (long i = 0; i < shape.elements(); i++) {
          ints.set(JAVA_INT_UNALIGNED, i * 4, elements.get(JAVA_SHORT_UNALIGNED, i * 2));
        }
        yield new Tensor(DType.I32, shape, ints);
      }
      case HALF -> new Tensor(DType.F16, shape, elements).to(DType.F32);
      case BFLOAT16 -> new Tensor(DType.BF16, shape, elements).to(DType.F32);
      default -> new Tensor(Objects.requireNonNull(dtype), shape, elements);
    };
  }
}
