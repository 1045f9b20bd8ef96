package dev.residual;

import dev.residual.engine.Backend;
import dev.residual.engine.CompileOptions;
import dev.residual.graph.Conv2d;
import dev.residual.graph.Conv2dBackwardData;
import dev.residual.graph.Conv2dBackwardWeights;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.GlobalAvgPoolBackward;
import dev.residual.graph.Linear;
import dev.residual.graph.LinearBackwardData;
import dev.residual.graph.LinearBackwardWeights;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.ReluBackward;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A framework of its own that calls Residual operation by operation: arrays of float, images n c h
 * w, a list of calls for the forward pass, one for the gradients, and one for the update. Each call
 * is a kernel and the memory of its values, so that a step looks nothing up.
 */
final class SmallFramework implements AutoCloseable {
  private static final Value RATE = Value.input("rate", Shape.SCALAR);

  /** An array and its gradient. */
  record Variable(Shape shape, float[] data, float[] gradient) {
    Variable(Shape shape, float[] data) {
      this(shape, data, new float[data.length]);
    }

    Variable(Shape shape) {
      this(shape, new float[(int) shape.elements()]);
    }
  }

  private record Call(Kernel kernel, MemorySegment[] memory) {}

  private final Kernels kernels;
  private final List<Call> forward = new ArrayList<>();
  private final List<Call> backward = new ArrayList<>();
  private final List<Call> update = new ArrayList<>();
  private final float[] rate = new float[1];

  SmallFramework(Backend backend) {
    kernels = Kernels.rowMajor(backend, CompileOptions.DEFAULT, 32);
  }

  /** Arrays are in the order of the operation's values: inputs, and then outputs. */
  private Call call(Op op, Object... arrays) {
    MemorySegment[] memory = new MemorySegment[arrays.length];
    for (int i = 0; i < arrays.length; i++) {
      memory[i] =
          arrays[i] instanceof int[] integers
              ? MemorySegment.ofArray(integers)
              : MemorySegment.ofArray((float[]) arrays[i]);
    }
    return new Call(kernels.compile(op), memory);
  }

  private static Value input(String name, Variable variable) {
    return Value.input(name, variable.shape);
  }

  private static Value result(String name, Variable variable) {
    return Value.activation(name, variable.shape);
  }

  /** A convolution with a bias. */
  Variable conv(Variable src, Variable weights, Variable bias, Window window) {
    Value s = input("src", src);
    Value w = input("weights", weights);
    Variable dst = new Variable(Conv2d.dstShape(s, w, window));
    forward.add(
        call(
            new Conv2d(s, w, input("bias", bias), null, result("dst", dst), window, 1, false),
            src.data,
            weights.data,
            bias.data,
            dst.data));
    Value diffDst = input("diff_dst", dst);
    backward.add(
        call(
            new Conv2dBackwardData(diffDst, w, result("diff_src", src), window, 1),
            dst.gradient,
            weights.data,
            src.gradient));
    backward.add(
        call(
            new Conv2dBackwardWeights(
                s, diffDst, result("diff_weights", weights), result("diff_bias", bias), window, 1),
            src.data,
            dst.gradient,
            weights.gradient,
            bias.gradient));
    return dst;
  }

  /** The positive part. */
  Variable relu(Variable src) {
    Variable dst = new Variable(src.shape);
    forward.add(call(new Relu(input("src", src), result("dst", dst)), src.data, dst.data));
    backward.add(
        call(
            new ReluBackward(input("dst", dst), input("diff_dst", dst), result("diff_src", src)),
            dst.data,
            dst.gradient,
            src.gradient));
    return dst;
  }

  /** The mean of each channel, as a row of each image. */
  Variable mean(Variable src) {
    Shape means = src.shape.with(2, 1).with(3, 1);
    Variable dst = new Variable(Shape.of(src.shape.dim(0), src.shape.dim(1)));
    forward.add(
        call(
            new GlobalAvgPool(input("src", src), Value.activation("dst", means)),
            src.data,
            dst.data));
    backward.add(
        call(
            new GlobalAvgPoolBackward(Value.input("diff_dst", means), result("diff_src", src)),
            dst.gradient,
            src.gradient));
    return dst;
  }

  /** A matrix and a bias. */
  Variable linear(Variable src, Variable weights, Variable bias) {
    Variable dst = new Variable(Shape.of(src.shape.dim(0), weights.shape.dim(0)));
    Value s = input("src", src);
    Value w = input("weights", weights);
    forward.add(
        call(
            new Linear(s, w, input("bias", bias), result("dst", dst)),
            src.data,
            weights.data,
            bias.data,
            dst.data));
    Value diffDst = input("diff_dst", dst);
    backward.add(
        call(
            new LinearBackwardData(diffDst, w, result("diff_src", src)),
            dst.gradient,
            weights.data,
            src.gradient));
    backward.add(
        call(
            new LinearBackwardWeights(
                s, diffDst, result("diff_weights", weights), result("diff_bias", bias)),
            src.data,
            dst.gradient,
            weights.gradient,
            bias.gradient));
    return dst;
  }

  /** The mean cross-entropy of scores and classes. */
  Variable loss(Variable logits, int[] classes) {
    Variable loss = new Variable(Shape.SCALAR);
    Value scores = input("logits", logits);
    Value labels = Value.input("labels", Shape.of(classes.length), DType.I32);
    forward.add(
        call(
            new SoftmaxCrossEntropy(scores, labels, result("loss", loss), 0),
            logits.data,
            classes,
            loss.data));
    backward.add(
        call(
            new SoftmaxCrossEntropyBackward(scores, labels, null, result("diff_logits", logits), 0),
            logits.data,
            classes,
            logits.gradient));
    return loss;
  }

  /** Lets steps change a variable by its gradient. */
  void optimize(Variable variable, double momentum, double weightDecay) {
    Value parameter = Value.parameter("parameter", variable.shape);
    Value velocity = Value.state("velocity", variable.shape, DType.F32);
    Op op =
        new SgdUpdate(
            parameter, input("gradient", variable), velocity, RATE, momentum, weightDecay, false);
    update.add(call(op, variable.data, variable.gradient, new float[variable.data.length], rate));
  }

  /** Computes results, gradients, and the next value of what is optimised. */
  void step(double learningRate) {
    rate[0] = (float) learningRate;
    forward.forEach(SmallFramework::run);
    backward.reversed().forEach(SmallFramework::run);
    update.forEach(SmallFramework::run);
  }

  private static void run(Call call) {
    call.kernel.run(call.memory);
  }

  @Override
  public void close() {
    for (List<Call> calls : List.of(forward, backward, update)) {
      calls.forEach(call -> call.kernel.close());
    }
    kernels.close();
  }
}
