package dev.residual.backend.onednn;

import dev.residual.bindings.kernels.Residual;
import dev.residual.bindings.kernels.residual_binary;
import dev.residual.bindings.kernels.residual_eltwise;
import dev.residual.engine.program.Broadcast;
import dev.residual.engine.program.Broadcast.Axis;
import dev.residual.graph.Binary;
import dev.residual.graph.Eltwise;
import dev.residual.graph.EltwiseBackward;
import dev.residual.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The lowering of functions of one element or two to Residual's own kernels. */
final class KernelFunctions {
  /** The loops of the kernel. */
  private static final int LOOPS = 4;

  private static final Axis ONCE = new Axis(1, 0, 0, 0);

  private KernelFunctions() {}

  static void lower(OneDnnLowering lowering, Eltwise op) {
    arguments(lowering, op.src(), op.function(), op.alpha(), op.beta())
        .point(residual_eltwise.dst$offset(), op.dst())
        .run(Residual.RESIDUAL_ELTWISE());
  }

  static void lower(OneDnnLowering lowering, EltwiseBackward op) {
    arguments(lowering, op.src(), op.function(), op.alpha(), op.beta())
        .point(residual_eltwise.diff_dst$offset(), op.diffDst())
        .point(residual_eltwise.dst$offset(), op.diffSrc())
        .run(Residual.RESIDUAL_ELTWISE_BACKWARD());
  }

  private static KernelArguments arguments(
      OneDnnLowering lowering, Value src, Eltwise.Function function, double alpha, double beta) {
    MemorySegment a = residual_eltwise.allocate(lowering.primitives().session());
    residual_eltwise.elements(a, src.shape().elements());
    residual_eltwise.function(a, number(function));
    residual_eltwise.alpha(a, (float) alpha);
    residual_eltwise.beta(a, (float) beta);
    residual_eltwise.dtype(a, KernelArguments.dtype(src));
    residual_eltwise.threads(a, lowering.settings().threads());
    return new KernelArguments(lowering, a).point(residual_eltwise.src$offset(), src);
  }

  static void lower(OneDnnLowering lowering, Binary op) {
    MemorySegment a = residual_binary.allocate(lowering.primitives().session());
    List<Axis> axes = Broadcast.of(op, lowering::layout).axes();
    for (int i = 0; i < LOOPS; i++) {
      int axis = axes.size() - LOOPS + i;
      Axis loop = axis < 0 ? ONCE : axes.get(axis);
      residual_binary.extents(a, i, loop.extent());
      residual_binary.strides0(a, i, loop.stride0());
      residual_binary.strides1(a, i, loop.stride1());
      residual_binary.dst_strides(a, i, loop.dstStride());
    }
    residual_binary.function(a, number(op.function()));
    residual_binary.dtype(a, KernelArguments.dtype(op.dst()));
    residual_binary.threads(a, lowering.settings().threads());
    new KernelArguments(lowering, a)
        .point(residual_binary.src0$offset(), op.src0())
        .point(residual_binary.src1$offset(), op.src1())
        .point(residual_binary.dst$offset(), op.dst())
        .run(Residual.RESIDUAL_BINARY());
  }

  private static int number(Eltwise.Function function) {
    return switch (function) {
      case CLIP -> Residual.RESIDUAL_CLIP();
      case LEAKY_RELU -> Residual.RESIDUAL_LEAKY_RELU();
      case SIGMOID -> Residual.RESIDUAL_SIGMOID();
      case HARD_SIGMOID -> Residual.RESIDUAL_HARD_SIGMOID();
      case HARD_SWISH -> Residual.RESIDUAL_HARD_SWISH();
      case SWISH -> Residual.RESIDUAL_SWISH();
      case GELU -> Residual.RESIDUAL_GELU();
      case LINEAR -> Residual.RESIDUAL_LINEAR();
    };
  }

  private static int number(Binary.Function function) {
    return switch (function) {
      case ADD -> Residual.RESIDUAL_ADD();
      case SUB -> Residual.RESIDUAL_SUB();
      case MUL -> Residual.RESIDUAL_MUL();
      case DIV -> Residual.RESIDUAL_DIV();
      case MAX -> Residual.RESIDUAL_MAX();
      case MIN -> Residual.RESIDUAL_MIN();
    };
  }
}
