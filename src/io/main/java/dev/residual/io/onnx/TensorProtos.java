package dev.residual.io.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import com.google.protobuf.UnsafeByteOperations;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;

/** Tensors as messages of ONNX. */
final class TensorProtos {
  static final int FLOAT = 1;
  static final int INT64 = 7;

  private TensorProtos() {}

  /** The code of an element type. */
  static int type(DType dtype) {
    return switch (dtype) {
      case F32 -> FLOAT;
      case U8 -> 2;
      case S8 -> 3;
      case I32 -> 6;
      case I64 -> INT64;
      case F16 -> 10;
      case F64 -> 11;
      case BF16 -> 16;
    };
  }

  /** A tensor without its elements. */
  static TensorProto.Builder header(String name, DType dtype, Shape shape) {
    TensorProto.Builder proto = TensorProto.newBuilder().setName(name).setDataType(type(dtype));
    for (int i = 0; i < shape.rank(); i++) {
      proto.addDims(shape.dim(i));
    }
    return proto;
  }

  /** A tensor with its elements. */
  static TensorProto of(String name, Tensor tensor) {
    return header(name, tensor.dtype(), tensor.shape())
        .setRawData(UnsafeByteOperations.unsafeWrap(tensor.data().toArray(JAVA_BYTE)))
        .build();
  }
}
