package dev.residual.backend.cudnn;

import dev.residual.bindings.kernels.cuda.CudaArguments;
import dev.residual.engine.program.Broadcast;
import dev.residual.engine.program.Movement;
import dev.residual.engine.program.Movement.Axis;
import dev.residual.graph.Binary;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.LocalResponseNorm;
import dev.residual.graph.Softmax;
import dev.residual.graph.Value;
import dev.residual.tensor.Layout;
import dev.residual.tensor.Strided;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Functions of one or two tensors and copies of elements to other places, by our own kernels. */
final class FunctionLaunches {
  static final int LOOPS = CudaArguments.LOOPS();

  private FunctionLaunches() {}

  static List<Launch> of(Eltwise op) {
    return List.of(
        counted("eltwise", op.src(), op.dst())
            .with("alpha", op.alpha())
            .with("beta", op.beta())
            .with("function", number(op.function())));
  }

  static List<Launch> of(EltwiseBackward op) {
    return List.of(
        ElementLaunches.counted("eltwise_backward", op.diffSrc())
            .in("src", op.src())
            .in("diff_dst", op.diffDst())
            .out("diff_src", op.diffSrc())
            .with("alpha", op.alpha())
            .with("beta", op.beta())
            .with("function", number(op.function()))
            .type(op.src()));
  }

  private static int number(Eltwise.Function function) {
    return switch (function) {
      case CLIP -> CudaArguments.ELTWISE_CLIP();
      case LEAKY_RELU -> CudaArguments.ELTWISE_LEAKY_RELU();
      case SIGMOID -> CudaArguments.ELTWISE_SIGMOID();
      case HARD_SIGMOID -> CudaArguments.ELTWISE_HARD_SIGMOID();
      case HARD_SWISH -> CudaArguments.ELTWISE_HARD_SWISH();
      case SWISH -> CudaArguments.ELTWISE_SWISH();
      case GELU -> CudaArguments.ELTWISE_GELU();
      case LINEAR -> CudaArguments.ELTWISE_LINEAR();
    };
  }

  static List<Launch> of(Binary op, Function<Value, Layout> layouts) {
    int function =
        switch (op.function()) {
          case ADD -> CudaArguments.BINARY_ADD();
          case SUB -> CudaArguments.BINARY_SUB();
          case MUL -> CudaArguments.BINARY_MUL();
          case DIV -> CudaArguments.BINARY_DIV();
          case MAX -> CudaArguments.BINARY_MAX();
          case MIN -> CudaArguments.BINARY_MIN();
        };
    List<Broadcast.Axis> axes = Broadcast.of(op, layouts).axes();
    return List.of(
        ElementLaunches.counted("binary", op.dst())
            .in("first", op.src0())
            .in("second", op.src1())
            .out("dst", op.dst())
            .with("extents", loops(axes, Broadcast.Axis::extent, 1))
            .with("first_strides", loops(axes, Broadcast.Axis::stride0, 0))
            .with("second_strides", loops(axes, Broadcast.Axis::stride1, 0))
            .with("function", function)
            .type(op.dst()));
  }

  static List<Launch> of(Softmax op, Layout layout) {
    int extent = op.src().shape().dim(op.axis());
    long lines = op.src().shape().elements() / extent;
    return List.of(
        new KernelLaunch("softmax")
            .in("src", op.src())
            .out("dst", op.dst())
            .with("lines", lines)
            .with("stride", Strided.strides(op.src().shape(), layout)[op.axis()])
            .with("extent", extent)
            .with("log", op.log() ? 1 : 0)
            .type(op.src())
            .rows(lines));
  }

  static List<Launch> of(LocalResponseNorm op) {
    return List.of(
        counted("local_response", op.src(), op.dst())
            .with("alpha", op.alpha() / op.size())
            .with("beta", op.beta())
            .with("k", op.k())
            .with("channels", op.src().shape().dim(1))
            .with("before", (op.size() - 1) / 2)
            .with("after", op.size() / 2));
  }

  static List<Launch> of(Movement movement, Value src, Value dst) {
    int padding =
        switch (movement.mode()) {
          case CONSTANT -> CudaArguments.PADDING_CONSTANT();
          case EDGE -> CudaArguments.PADDING_EDGE();
          case REFLECT -> CudaArguments.PADDING_REFLECT();
        };
    List<Axis> axes = movement.axes();
    return List.of(
        counted("move", src, dst)
            .with("extents", loops(axes, Axis::extent, 1))
            .with("src_strides", loops(axes, Axis::srcStride, 0))
            .with("src_extents", loops(axes, Axis::srcExtent, 1))
            .with("starts", loops(axes, Axis::start, 0))
            .with("steps", loops(axes, Axis::step, 1))
            .with("value", movement.value())
            .with("padding", padding));
  }

  private static KernelLaunch counted(String kernel, Value src, Value dst) {
    return ElementLaunches.counted(kernel, dst).in("src", src).out("dst", dst).type(dst);
  }

  /** A number of each loop; loops that are not there come first. */
  private static <A> double[] loops(List<A> axes, ToDoubleFunction<A> number, double absent) {
    double[] numbers = new double[LOOPS];
    int missing = LOOPS - axes.size();
    for (int i = 0; i < LOOPS; i++) {
      numbers[i] = i < missing ? absent : number.applyAsDouble(axes.get(i - missing));
    }
    return numbers;
  }
}
