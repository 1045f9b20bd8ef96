package dev.residual.graph.passes;

import dev.residual.graph.Add;
import dev.residual.graph.AvgPool2d;
import dev.residual.graph.AvgPool2dBackward;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.BatchNormBackward;
import dev.residual.graph.BatchNormInference;
import dev.residual.graph.Cast;
import dev.residual.graph.Concat;
import dev.residual.graph.ConcatBackward;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.Dequantize;
import dev.residual.graph.Dropout;
import dev.residual.graph.DropoutBackward;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.MaxPool2dBackward;
import dev.residual.graph.Normalize;
import dev.residual.graph.Op;
import dev.residual.graph.Quantize;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.Reshape;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import dev.residual.graph.ZeroPadShortcut;
import dev.residual.graph.ZeroPadShortcutBackward;
import dev.residual.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which values of each operation become narrow.
 *
 * @param types finds or makes the values of either type
 * @param follows whether operations that take either type compute in the narrow one
 */
record PrecisionRule(MixedPrecision types, boolean follows) {

  Op rewritten(Op op) {
    return switch (op) {
      case Conv2d o -> conv(o);
      case Conv2dBackwardData o ->
          new Conv2dBackwardData(
              narrow(o.diffDst()),
              narrow(o.weights()),
              types.result(o.diffSrc()),
              o.window(),
              o.groups());
      case Conv2dBackwardWeights o ->
          new Conv2dBackwardWeights(
              narrow(o.src()),
              narrow(o.diffDst()),
              o.diffWeights(),
              o.diffBias(),
              o.window(),
              o.groups());
      case BatchNorm o -> norm(o);
      case BatchNormInference o -> norm(o);
      case BatchNormBackward o -> norm(o);
      case Linear o ->
          new Linear(narrow(o.src()), narrow(o.weights()), wideOrNull(o.bias()), o.dst());
      case LinearBackwardData o ->
          new LinearBackwardData(
              narrow(o.diffDst()), narrow(o.weights()), types.result(o.diffSrc()));
      case LinearBackwardWeights o ->
          new LinearBackwardWeights(
              narrow(o.src()), narrow(o.diffDst()), o.diffWeights(), o.diffBias());
      case Add o -> new Add(src(o.src0()), src(o.src1()), dst(o.dst()));
      case Relu o -> new Relu(src(o.src()), dst(o.dst()));
      case ReluBackward o -> new ReluBackward(src(o.dst()), src(o.diffDst()), dst(o.diffSrc()));
      case Reshape o -> new Reshape(src(o.src()), dst(o.dst()));
      case Concat o -> new Concat(o.srcs().stream().map(this::src).toList(), dst(o.dst()));
      case ConcatBackward o -> {
        Value diffDst = src(o.diffDst());
        List<Value> diffSrcs = o.diffSrcs().stream().map(this::dst).toList();
        yield new ConcatBackward(diffDst, diffSrcs);
      }
      case MaxPool2d o -> new MaxPool2d(src(o.src()), dst(o.dst()), o.workspace(), o.window());
      case MaxPool2dBackward o ->
          new MaxPool2dBackward(src(o.diffDst()), o.workspace(), dst(o.diffSrc()), o.window());
      case AvgPool2d o -> new AvgPool2d(src(o.src()), dst(o.dst()), o.window(), o.includePadding());
      case AvgPool2dBackward o ->
          new AvgPool2dBackward(src(o.diffDst()), dst(o.diffSrc()), o.window(), o.includePadding());
      case GlobalAvgPool o -> new GlobalAvgPool(src(o.src()), dst(o.dst()));
      case GlobalAvgPoolBackward o -> new GlobalAvgPoolBackward(src(o.diffDst()), dst(o.diffSrc()));
      case ZeroPadShortcut o -> new ZeroPadShortcut(src(o.src()), dst(o.dst()), o.stride());
      case ZeroPadShortcutBackward o ->
          new ZeroPadShortcutBackward(src(o.diffDst()), dst(o.diffSrc()), o.stride());
      case Dropout o ->
          new Dropout(src(o.src()), o.random(), dst(o.dst()), o.mask(), o.probability());
      case DropoutBackward o ->
          new DropoutBackward(src(o.diffDst()), o.mask(), dst(o.diffSrc()), o.probability());
      case SoftmaxCrossEntropy o ->
          new SoftmaxCrossEntropy(wide(o.logits()), o.labels(), o.loss(), o.smoothing());
      case SoftmaxCrossEntropyBackward o ->
          new SoftmaxCrossEntropyBackward(
              wide(o.logits()),
              o.labels(),
              wideOrNull(o.diffLoss()),
              o.diffLogits(),
              o.smoothing());
      case SgdUpdate o ->
          new SgdUpdate(
              o.parameter(),
              wide(o.gradient()),
              o.velocity(),
              wide(o.learningRate()),
              o.momentum(),
              o.weightDecay(),
              o.nesterov());
      case Normalize o -> new Normalize(o.src(), o.mean(), o.std(), types.result(o.dst()));
      case Quantize o -> new Quantize(src(o.src()), o.dst(), o.scale());
      case Dequantize o -> o;
      case QuantizedConv2d o -> conv(o);
      case Cast o -> o.src().dtype() == DType.F32 ? new Cast(wide(o.src()), o.dst()) : o;
    };
  }

  private Conv2d conv(Conv2d op) {
    return new Conv2d(
        narrow(op.src()),
        narrow(op.weights()),
        wideOrNull(op.bias()),
        narrowOrNull(op.add()),
        types.result(op.dst()),
        op.window(),
        op.groups(),
        op.relu());
  }

  private QuantizedConv2d conv(QuantizedConv2d op) {
    Value add = op.add();
    return new QuantizedConv2d(
        op.src(),
        op.weights(),
        op.weightsScale(),
        op.bias(),
        add != null && add.dtype().isFloating() ? narrow(add) : add,
        types.result(op.dst()),
        op.window(),
        op.groups(),
        op.relu(),
        op.srcScale(),
        op.addScale(),
        op.dstScale());
  }

  private BatchNorm norm(BatchNorm op) {
    return new BatchNorm(
        narrow(op.src()),
        wide(op.scale()),
        wide(op.shift()),
        op.runningMean(),
        op.runningVariance(),
        narrowOrNull(op.add()),
        types.result(op.dst()),
        op.mean(),
        op.variance(),
        op.mask(),
        op.epsilon(),
        op.momentum(),
        op.relu());
  }

  private BatchNormInference norm(BatchNormInference op) {
    return new BatchNormInference(
        narrow(op.src()),
        wide(op.scale()),
        wide(op.shift()),
        wide(op.mean()),
        wide(op.variance()),
        narrowOrNull(op.add()),
        types.result(op.dst()),
        op.epsilon(),
        op.relu());
  }

  private BatchNormBackward norm(BatchNormBackward op) {
    Value diffAdd = op.diffAdd();
    return new BatchNormBackward(
        narrow(op.src()),
        narrow(op.diffDst()),
        narrowOrNull(op.diffDstAdd()),
        wide(op.scale()),
        wide(op.mean()),
        wide(op.variance()),
        op.mask(),
        types.result(op.diffSrc()),
        op.diffScale(),
        op.diffShift(),
        diffAdd == null ? null : types.result(diffAdd),
        op.epsilon(),
        op.frozen());
  }

  /** What an operation reads that takes either type. */
  private Value src(Value value) {
    return follows ? types.narrow(value) : types.wide(value);
  }

  /** What an operation computes that takes either type. */
  private Value dst(Value value) {
    return follows ? types.result(value) : value;
  }

  private Value narrow(Value value) {
    return types.narrow(value);
  }

  private @Nullable Value narrowOrNull(@Nullable Value value) {
    return value == null ? null : types.narrow(value);
  }

  private Value wide(Value value) {
    return types.wide(value);
  }

  private @Nullable Value wideOrNull(@Nullable Value value) {
    return value == null ? null : types.wide(value);
  }
}
