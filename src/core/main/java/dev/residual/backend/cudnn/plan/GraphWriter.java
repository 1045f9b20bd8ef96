package dev.residual.backend.cudnn.plan;

import dev.residual.backend.cudnn.operation.BnBackwardWeights;
import dev.residual.backend.cudnn.operation.BnFinalize;
import dev.residual.backend.cudnn.operation.Convolution;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardData;
import dev.residual.backend.cudnn.operation.ConvolutionBackwardFilter;
import dev.residual.backend.cudnn.operation.ConvolutionForward;
import dev.residual.backend.cudnn.operation.GenStats;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.Node;
import dev.residual.backend.cudnn.operation.NormBackward;
import dev.residual.backend.cudnn.operation.NormForward;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Reduction;
import dev.residual.backend.cudnn.operation.Storage;
import dev.residual.bindings.NativeScope;
import dev.residual.bindings.cudnn.Cudnn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes an operation graph as descriptors of cuDNN, which need no handle. */
final class GraphWriter {

  /** What every address is a multiple of, in bytes: the widest load of a thread. */
  static final long ALIGNMENT = 16;

  private final NativeScope scope;
  private final OperationGraph graph;
  private final boolean deterministic;
  private final Map<GraphTensor, Descriptor> tensors = new HashMap<>();

  private GraphWriter(NativeScope scope, OperationGraph graph, boolean deterministic) {
    this.scope = scope;
    this.graph = graph;
    this.deterministic = deterministic;
  }

  /**
   * The descriptor of a graph.
   *
   * @param deterministic whether reductions must repeat bit for bit
   */
  static Descriptor write(NativeScope scope, OperationGraph graph, boolean deterministic) {
    return new GraphWriter(scope, graph, deterministic).write();
  }

  private Descriptor write() {
    List<Descriptor> nodes = new ArrayList<>();
    for (Node node : graph.nodes()) {
      nodes.add(node(node).finish());
    }
    return create(Cudnn.CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR(), "the operation graph")
        .refer(Cudnn.CUDNN_ATTR_OPERATIONGRAPH_OPS(), nodes)
        .finish();
  }

  private Descriptor create(int type, String title) {
    return Descriptor.create(scope, type, title);
  }

  private Descriptor tensor(GraphTensor tensor) {
    return tensors.computeIfAbsent(tensor, this::write);
  }

  private Descriptor write(GraphTensor tensor) {
    Descriptor descriptor =
        create(Cudnn.CUDNN_BACKEND_TENSOR_DESCRIPTOR(), "the tensor " + tensor)
            .longs(Cudnn.CUDNN_ATTR_TENSOR_UNIQUE_ID(), graph.id(tensor))
            .enums(
                Cudnn.CUDNN_ATTR_TENSOR_DATA_TYPE(),
                Cudnn.CUDNN_TYPE_DATA_TYPE(),
                Codes.of(tensor.type()))
            .longs(Cudnn.CUDNN_ATTR_TENSOR_DIMENSIONS(), numbers(tensor.dims()))
            .longs(Cudnn.CUDNN_ATTR_TENSOR_STRIDES(), numbers(tensor.strides()))
            .longs(Cudnn.CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT(), ALIGNMENT);
    if (tensor.isVirtual()) {
      descriptor.flag(Cudnn.CUDNN_ATTR_TENSOR_IS_VIRTUAL(), true);
    }
    if (tensor.storage() == Storage.BY_VALUE) {
      descriptor.flag(Cudnn.CUDNN_ATTR_TENSOR_IS_BY_VALUE(), true);
    }
    return descriptor.finish();
  }

  private static long[] numbers(List<Long> list) {
    return list.stream().mapToLong(Long::longValue).toArray();
  }

  private Descriptor node(Node node) {
    return switch (node) {
      case ConvolutionForward n ->
          operation(Cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR(), n)
              .number(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA(), 1)
              .number(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA(), 0)
              .refer(
                  Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC(),
                  convolution(n.convolution(), n.x()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W(), tensor(n.w()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X(), tensor(n.x()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y(), tensor(n.y()));
      case ConvolutionBackwardData n ->
          operation(Cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR(), n)
              .number(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA(), 1)
              .number(
                  Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA(), n.accumulates() ? 1 : 0)
              .refer(
                  Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC(),
                  convolution(n.convolution(), n.dy()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W(), tensor(n.w()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX(), tensor(n.dx()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY(), tensor(n.dy()));
      case ConvolutionBackwardFilter n ->
          operation(Cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR(), n)
              .number(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA(), 1)
              .number(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA(), 0)
              .refer(
                  Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC(),
                  convolution(n.convolution(), n.x()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW(), tensor(n.dw()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X(), tensor(n.x()))
              .refer(Cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY(), tensor(n.dy()));
      case Pointwise n -> pointwise(n);
      case GenStats n -> genStats(n);
      case Reduction n -> reduction(n);
      case BnFinalize n -> bnFinalize(n);
      case BnBackwardWeights n -> bnBackwardWeights(n);
      case NormForward n -> normForward(n);
      case NormBackward n -> normBackward(n);
    };
  }

  private Descriptor operation(int type, Node node) {
    return create(type, node.toString());
  }

  /** Sums of products of 8-bit integers are integers. */
  private Descriptor convolution(Convolution c, GraphTensor operand) {
    return create(Cudnn.CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR(), "the convolution " + c)
        .enums(
            Cudnn.CUDNN_ATTR_CONVOLUTION_COMP_TYPE(),
            Cudnn.CUDNN_TYPE_DATA_TYPE(),
            operand.type().isFloating() ? Cudnn.CUDNN_DATA_FLOAT() : Cudnn.CUDNN_DATA_INT32())
        .enums(
            Cudnn.CUDNN_ATTR_CONVOLUTION_CONV_MODE(),
            Cudnn.CUDNN_TYPE_CONVOLUTION_MODE(),
            Cudnn.CUDNN_CROSS_CORRELATION())
        .longs(Cudnn.CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS(), 2)
        .longs(Cudnn.CUDNN_ATTR_CONVOLUTION_DILATIONS(), c.dilationH(), c.dilationW())
        .longs(Cudnn.CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES(), c.strideH(), c.strideW())
        .longs(Cudnn.CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS(), c.padTop(), c.padLeft())
        .longs(Cudnn.CUDNN_ATTR_CONVOLUTION_POST_PADDINGS(), c.padBottom(), c.padRight())
        .finish();
  }

  private Descriptor pointwise(Pointwise n) {
    Descriptor mode =
        precise(
                create(Cudnn.CUDNN_BACKEND_POINTWISE_DESCRIPTOR(), "the mode " + n.mode()),
                Cudnn.CUDNN_ATTR_POINTWISE_MATH_PREC())
            .enums(
                Cudnn.CUDNN_ATTR_POINTWISE_MODE(),
                Cudnn.CUDNN_TYPE_POINTWISE_MODE(),
                Codes.of(n.mode()));
    if (n.mode() == Pointwise.Mode.RELU_FWD || n.mode() == Pointwise.Mode.RELU_BWD) {
      // By default a ReLU makes 0 of NaN.
      mode.enums(
          Cudnn.CUDNN_ATTR_POINTWISE_NAN_PROPAGATION(),
          Cudnn.CUDNN_TYPE_NAN_PROPOGATION(),
          Cudnn.CUDNN_PROPAGATE_NAN());
    }
    mode.finish();
    Descriptor operation =
        operation(Cudnn.CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR(), n)
            .refer(Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR(), mode);
    if (n.mode().isBackward()) {
      GraphTensor forward = Objects.requireNonNull(n.b());
      return operation
          .refer(Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_DYDESC(), tensor(n.x()))
          .refer(Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_XDESC(), tensor(forward))
          .refer(Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_DXDESC(), tensor(n.y()));
    }
    operation
        .refer(Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_XDESC(), tensor(n.x()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_YDESC(), tensor(n.y()));
    optional(operation, Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_BDESC(), n.b());
    if (n.alpha1() != 1) {
      operation.number(Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_ALPHA1(), n.alpha1());
    }
    if (n.alpha2() != 1) {
      operation.number(Cudnn.CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2(), n.alpha2());
    }
    return operation;
  }

  private static Descriptor precise(Descriptor descriptor, int attribute) {
    return descriptor.enums(attribute, Cudnn.CUDNN_TYPE_DATA_TYPE(), Cudnn.CUDNN_DATA_FLOAT());
  }

  private void optional(Descriptor operation, int attribute, @Nullable GraphTensor tensor) {
    if (tensor != null) {
      operation.refer(attribute, tensor(tensor));
    }
  }

  private Descriptor genStats(GenStats n) {
    return precise(
            operation(Cudnn.CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR(), n),
            Cudnn.CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC())
        .enums(
            Cudnn.CUDNN_ATTR_OPERATION_GENSTATS_MODE(),
            Cudnn.CUDNN_TYPE_GENSTATS_MODE(),
            Cudnn.CUDNN_GENSTATS_SUM_SQSUM())
        .refer(Cudnn.CUDNN_ATTR_OPERATION_GENSTATS_XDESC(), tensor(n.x()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC(), tensor(n.sum()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC(), tensor(n.sqSum()));
  }

  private Descriptor reduction(Reduction n) {
    Descriptor operator =
        precise(
                create(Cudnn.CUDNN_BACKEND_REDUCTION_DESCRIPTOR(), "the reduction " + n.op()),
                Cudnn.CUDNN_ATTR_REDUCTION_COMP_TYPE())
            .enums(
                Cudnn.CUDNN_ATTR_REDUCTION_OPERATOR(),
                Cudnn.CUDNN_TYPE_REDUCTION_OPERATOR_TYPE(),
                Codes.of(n.op()));
    if (deterministic) {
      operator.flag(Cudnn.CUDNN_ATTR_REDUCTION_IS_DETERMINISTIC(), true);
    }
    return operation(Cudnn.CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR(), n)
        .refer(Cudnn.CUDNN_ATTR_OPERATION_REDUCTION_XDESC(), tensor(n.x()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_REDUCTION_YDESC(), tensor(n.y()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_REDUCTION_DESC(), operator.finish());
  }

  private Descriptor bnFinalize(BnFinalize n) {
    Descriptor operation =
        precise(
                operation(Cudnn.CUDNN_BACKEND_OPERATION_BN_FINALIZE_STATISTICS_DESCRIPTOR(), n),
                Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_MATH_PREC())
            .enums(
                Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_STATS_MODE(),
                Cudnn.CUDNN_TYPE_BN_FINALIZE_STATS_MODE(),
                Cudnn.CUDNN_BN_FINALIZE_STATISTICS_TRAINING())
            .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_Y_SUM_DESC(), tensor(n.sum()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_Y_SQ_SUM_DESC(), tensor(n.sqSum()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_SCALE_DESC(), tensor(n.scale()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_BIAS_DESC(), tensor(n.bias()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_EQ_SCALE_DESC(), tensor(n.eqScale()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_EQ_BIAS_DESC(), tensor(n.eqBias()))
            .refer(
                Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_ACCUM_COUNT_DESC(),
                tensor(n.accumulationCount()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_EPSILON_DESC(), tensor(n.epsilon()));
    optional(
        operation,
        Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_PREV_RUNNING_MEAN_DESC(),
        n.prevRunningMean());
    optional(
        operation,
        Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_PREV_RUNNING_VAR_DESC(),
        n.prevRunningVar());
    optional(
        operation,
        Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_UPDATED_RUNNING_MEAN_DESC(),
        n.updatedRunningMean());
    optional(
        operation,
        Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_UPDATED_RUNNING_VAR_DESC(),
        n.updatedRunningVar());
    optional(operation, Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_SAVED_MEAN_DESC(), n.savedMean());
    optional(
        operation, Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_SAVED_INV_STD_DESC(), n.savedInvStd());
    optional(
        operation, Cudnn.CUDNN_ATTR_OPERATION_BN_FINALIZE_EXP_AVERATE_FACTOR_DESC(), n.momentum());
    return operation;
  }

  private Descriptor bnBackwardWeights(BnBackwardWeights n) {
    return precise(
            operation(Cudnn.CUDNN_BACKEND_OPERATION_BN_BWD_WEIGHTS_DESCRIPTOR(), n),
            Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_MATH_PREC())
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_MEAN_DESC(), tensor(n.mean()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_INVSTD_DESC(), tensor(n.invStd()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_BN_SCALE_DESC(), tensor(n.scale()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_X_DESC(), tensor(n.x()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DY_DESC(), tensor(n.dy()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_SCALE_DESC(), tensor(n.dscale()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_BIAS_DESC(), tensor(n.dbias()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_DY_SCALE_DESC(), tensor(n.eqDyScale()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_X_SCALE_DESC(), tensor(n.eqXScale()))
        .refer(Cudnn.CUDNN_ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_BIAS(), tensor(n.eqBias()));
  }

  private Descriptor normForward(NormForward n) {
    int phase =
        switch (n.phase()) {
          case TRAINING -> Cudnn.CUDNN_NORM_FWD_TRAINING();
          case INFERENCE -> Cudnn.CUDNN_NORM_FWD_INFERENCE();
        };
    Descriptor operation =
        operation(Cudnn.CUDNN_BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR(), n)
            .enums(
                Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_MODE(),
                Cudnn.CUDNN_TYPE_NORM_MODE(),
                Cudnn.CUDNN_BATCH_NORM())
            .enums(
                Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_PHASE(),
                Cudnn.CUDNN_TYPE_NORM_FWD_PHASE(),
                phase)
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_XDESC(), tensor(n.x()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_SCALE_DESC(), tensor(n.scale()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_BIAS_DESC(), tensor(n.bias()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_YDESC(), tensor(n.y()));
    optional(operation, Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_MEAN_DESC(), n.mean());
    optional(operation, Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC(), n.invVariance());
    optional(operation, Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_EPSILON_DESC(), n.epsilon());
    optional(operation, Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC(), n.momentum());
    optional(
        operation,
        Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_MEAN_DESC(),
        n.inRunningMean());
    optional(
        operation, Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_VAR_DESC(), n.inRunningVar());
    optional(
        operation,
        Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_MEAN_DESC(),
        n.outRunningMean());
    optional(
        operation,
        Cudnn.CUDNN_ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_VAR_DESC(),
        n.outRunningVar());
    return operation;
  }

  private Descriptor normBackward(NormBackward n) {
    Descriptor operation =
        operation(Cudnn.CUDNN_BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR(), n)
            .enums(
                Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_MODE(),
                Cudnn.CUDNN_TYPE_NORM_MODE(),
                Cudnn.CUDNN_BATCH_NORM())
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_XDESC(), tensor(n.x()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_MEAN_DESC(), tensor(n.mean()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC(), tensor(n.invVariance()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_DYDESC(), tensor(n.dy()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_SCALE_DESC(), tensor(n.scale()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_DSCALE_DESC(), tensor(n.dscale()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_DBIAS_DESC(), tensor(n.dbias()))
            .refer(Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_DXDESC(), tensor(n.dx()));
    optional(operation, Cudnn.CUDNN_ATTR_OPERATION_NORM_BWD_EPSILON_DESC(), n.epsilon());
    return operation;
  }
}
