package dev.residual.io.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FileHead;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.io.onnx.protobuf.ByteString;
import dev.residual.io.onnx.protobuf.UnsafeByteOperations;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tensors of ONNX files. Integers of 16 bits become I32, unsigned ones of 32 and 64 bits I64, and
 * truth values U8.
 */
public final class OnnxTensors {
  private static final int EXTERNAL = 1;

  private OnnxTensors() {}

  /**
   * Reads a file that holds one tensor, as {@code input_0.pb} of ONNX's test data.
   *
   * @throws IOException in one line naming the file, if it is missing or malformed
   */
  public static Tensor read(Path file) throws IOException {
    FileHead.of(file);
    try {
      ByteString bytes = UnsafeByteOperations.unsafeWrap(Files.readAllBytes(file));
      return of(TensorProto.parseFrom(bytes), ExternalData.beside(file));
    } catch (IOException | OutOfMemoryError e) {
      throw FileErrors.in(file, e);
    }
  }

  /** Whether a message has elements that are numbers. */
  static boolean isReadable(TensorProto proto) {
    return ElementType.isRead(proto.getDataType()) && !proto.getDimsList().contains(0L);
  }

  /**
   * The tensor of a message. Where it can, it lies in the message's own memory.
   *
   * @throws IOException naming the tensor, if it is malformed, has no elements, or a type that is
   *     not read
   */
  static Tensor of(TensorProto proto, ExternalData external) throws IOException {
    try {
      return read(proto, external);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "tensor %s: %s".formatted(FileErrors.quote(proto.getName()), e.getMessage()), e);
    }
  }

  /** The message of a tensor, with its elements as raw bytes. */
  static TensorProto proto(String name, Tensor tensor) {
    return header(name, tensor)
        .setRawData(UnsafeByteOperations.unsafeWrap(tensor.data().toArray(JAVA_BYTE)))
        .build();
  }

  /** The message of a tensor, without its elements. */
  static TensorProto.Builder header(String name, Tensor tensor) {
    TensorProto.Builder proto =
        TensorProto.newBuilder().setName(name).setDataType(ElementType.of(tensor.dtype()).code());
    for (int dim : tensor.shape().dims()) {
      proto.addDims(dim);
    }
    return proto;
  }

  private static Tensor read(TensorProto proto, ExternalData external) throws IOException {
    ElementType type = ElementType.of(proto.getDataType());
    int[] dims = new int[proto.getDimsCount()];
    for (int i = 0; i < dims.length; i++) {
      long dim = proto.getDims(i);
      if (dim < 1 || dim > Integer.MAX_VALUE) {
        throw new IOException(
            "the extent %d, it must be at least 1 and fit an integer".formatted(dim));
      }
      dims[i] = (int) dim;
    }
    Shape shape = Shape.of(dims);
    if (proto.getDataLocation() == EXTERNAL) {
      return tensor(
          type, shape, external.read(proto.getExternalDataList(), shape.elements(), type.bytes()));
    }
    if (proto.hasRawData()) {
      ByteString raw = proto.getRawData();
      requireCount(raw.size(), Math.multiplyExact(shape.elements(), (long) type.bytes()), "bytes");
      return tensor(type, shape, MemorySegment.ofBuffer(raw.asReadOnlyByteBuffer()));
    }
    return listed(proto, type, shape);
  }

  /** The tensor whose elements lie in a file's memory. */
  private static Tensor tensor(ElementType type, Shape shape, MemorySegment data)
      throws IOException {
    if (type.isHeldAsItIs()) {
      return new Tensor(type.dtype(), shape, data);
    }
    Tensor tensor = Tensor.zeros(type.dtype(), shape);
    long elements = shape.elements();
    for (long i = 0; i < elements; i++) {
      put(tensor, i, element(type, data, i));
    }
    return tensor;
  }

  private static long element(ElementType type, MemorySegment data, long i) throws IOException {
    return switch (type) {
      case UINT16 -> data.get(JAVA_SHORT_UNALIGNED, i * 2) & 0xFFFF;
      case INT16 -> data.get(JAVA_SHORT_UNALIGNED, i * 2);
      case UINT32 -> Integer.toUnsignedLong(data.get(JAVA_INT_UNALIGNED, i * 4));
      case UINT64 -> unsigned(data.get(JAVA_LONG_UNALIGNED, i * 8));
      default -> throw new IllegalStateException(type + " is held as it is");
    };
  }

  /** The tensor whose elements are listed in fields of their kind. */
  private static Tensor listed(TensorProto proto, ElementType type, Shape shape)
      throws IOException {
    long elements = shape.elements();
    int count =
        switch (type) {
          case FLOAT -> proto.getFloatDataCount();
          case DOUBLE -> proto.getDoubleDataCount();
          case INT64 -> proto.getInt64DataCount();
          case UINT32, UINT64 -> proto.getUint64DataCount();
          default -> proto.getInt32DataCount();
        };
    requireCount(count, elements, "elements");
    Tensor tensor = Tensor.zeros(type.dtype(), shape);
    MemorySegment data = tensor.data();
    for (int i = 0; i < count; i++) {
      switch (type) {
        case FLOAT ->
            data.set(JAVA_INT_UNALIGNED, i * 4L, Float.floatToRawIntBits(proto.getFloatData(i)));
        case DOUBLE -> tensor.set(i, proto.getDoubleData(i));
        case FLOAT16, BFLOAT16 ->
            data.set(JAVA_SHORT_UNALIGNED, i * 2L, (short) proto.getInt32Data(i));
        case INT64 -> put(tensor, i, proto.getInt64Data(i));
        case UINT32, UINT64 -> put(tensor, i, unsigned(proto.getUint64Data(i)));
        default -> put(tensor, i, proto.getInt32Data(i));
      }
    }
    return tensor;
  }

  private static void put(Tensor tensor, long i, long element) {
    if (tensor.dtype() == DType.I64) {
      tensor.data().set(JAVA_LONG_UNALIGNED, i * 8, element);
    } else if (tensor.dtype() == DType.I32) {
      tensor.data().set(JAVA_INT_UNALIGNED, i * 4, (int) element);
    } else {
      tensor.data().set(JAVA_BYTE, i, (byte) element);
    }
  }

  private static long unsigned(long element) throws IOException {
    if (element < 0) {
      throw new IOException(
          "the element %s, more than a signed integer holds"
              .formatted(Long.toUnsignedString(element)));
    }
    return element;
  }

  private static void requireCount(long given, long expected, String what) throws IOException {
    if (given != expected) {
      throw new IOException("%d %s, expected %d".formatted(given, what, expected));
    }
  }
}
