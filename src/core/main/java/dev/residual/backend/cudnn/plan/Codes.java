package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Reduction;
import dev.residual.bindings.cudnn.Cudnn;

/** The enumerators of cuDNN for those of operation graphs. */
final class Codes {
  private Codes() {}

  static int of(ElementType type) {
    return switch (type) {
      case FLOAT -> Cudnn.CUDNN_DATA_FLOAT();
      case HALF -> Cudnn.CUDNN_DATA_HALF();
      case BFLOAT16 -> Cudnn.CUDNN_DATA_BFLOAT16();
      case INT8 -> Cudnn.CUDNN_DATA_INT8();
      case UINT8 -> Cudnn.CUDNN_DATA_UINT8();
      case INT32 -> Cudnn.CUDNN_DATA_INT32();
      case INT64 -> Cudnn.CUDNN_DATA_INT64();
      case BOOLEAN -> Cudnn.CUDNN_DATA_BOOLEAN();
    };
  }

  static int of(Pointwise.Mode mode) {
    return switch (mode) {
      case ADD -> Cudnn.CUDNN_POINTWISE_ADD();
      case MUL -> Cudnn.CUDNN_POINTWISE_MUL();
      case SUB -> Cudnn.CUDNN_POINTWISE_SUB();
      case DIV -> Cudnn.CUDNN_POINTWISE_DIV();
      case MIN -> Cudnn.CUDNN_POINTWISE_MIN();
      case MAX -> Cudnn.CUDNN_POINTWISE_MAX();
      case SQRT -> Cudnn.CUDNN_POINTWISE_SQRT();
      case RSQRT -> Cudnn.CUDNN_POINTWISE_RSQRT();
      case ABS -> Cudnn.CUDNN_POINTWISE_ABS();
      case NEG -> Cudnn.CUDNN_POINTWISE_NEG();
      case IDENTITY -> Cudnn.CUDNN_POINTWISE_IDENTITY();
      case RELU_FWD -> Cudnn.CUDNN_POINTWISE_RELU_FWD();
      case RELU_BWD -> Cudnn.CUDNN_POINTWISE_RELU_BWD();
      case CMP_EQ -> Cudnn.CUDNN_POINTWISE_CMP_EQ();
      case CMP_GT -> Cudnn.CUDNN_POINTWISE_CMP_GT();
      case CMP_GE -> Cudnn.CUDNN_POINTWISE_CMP_GE();
      case CMP_LT -> Cudnn.CUDNN_POINTWISE_CMP_LT();
      case CMP_LE -> Cudnn.CUDNN_POINTWISE_CMP_LE();
    };
  }

  static int of(Reduction.Operator operator) {
    return switch (operator) {
      case ADD -> Cudnn.CUDNN_REDUCE_TENSOR_ADD();
      case MIN -> Cudnn.CUDNN_REDUCE_TENSOR_MIN();
      case MAX -> Cudnn.CUDNN_REDUCE_TENSOR_MAX();
      case AMAX -> Cudnn.CUDNN_REDUCE_TENSOR_AMAX();
      case AVG -> Cudnn.CUDNN_REDUCE_TENSOR_AVG();
    };
  }
}
