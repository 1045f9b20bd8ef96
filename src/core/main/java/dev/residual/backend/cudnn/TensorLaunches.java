package dev.residual.backend.cudnn;

import dev.residual.graph.Cast;
import dev.residual.graph.GradientClip;
import dev.residual.graph.LossScaleUpdate;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;

/** The work on many tensors at once that changes none: casts, and looks at all gradients. */
final class TensorLaunches {
  private TensorLaunches() {}

  /** The casts of parameters to one type, where this is the first of them; else nothing. */
  static List<Launch> of(Launches launches, Cast op) {
    List<Cast> all =
        launches.index().graph().ops().stream()
            .filter(Cast.class::isInstance)
            .map(Cast.class::cast)
            .filter(other -> key(other).equals(key(op)) && launches.kept().isKept(other))
            .toList();
    if (op.src().role() != Role.PARAMETER || all.size() == 1 || !all.contains(op)) {
      return ElementLaunches.of(op);
    }
    if (!all.getFirst().equals(op)) {
      return List.of();
    }
    TensorTable table = new TensorTable();
    for (Cast cast : all) {
      table.row(cast.dst()).in("src", cast.src()).out("dst", cast.dst());
    }
    return List.of(
        table
            .launch("cast_tensors", "tensor_entry")
            .type("src_type", op.src())
            .type("dst_type", op.dst()));
  }

  private static List<Object> key(Cast op) {
    return List.of(op.src().role(), op.src().dtype(), op.dst().dtype());
  }

  /** A look at all gradients, and what follows for the scale. */
  static List<Launch> of(LossScaleUpdate op) {
    Value overflow = Value.state(op.factor().name() + ".overflow", Shape.of(), DType.I32);
    KernelLaunch update =
        new KernelLaunch("loss_scale_update")
            .inOut("overflow", overflow)
            .inOut("scale", op.scale())
            .inOut("good_steps", op.goodSteps())
            .out("factor", op.factor())
            .with("initial", LossScaleUpdate.INITIAL)
            .with("largest", LossScaleUpdate.LARGEST)
            .with("interval", op.growthInterval());
    return List.of(
        sources(op.gradients())
            .launch("overflow_check", "tensor_entry")
            .inOut("overflow", overflow)
            .type(op.factor()),
        update.inIfPresent("given", op.given()));
  }

  /** The norm of all gradients, and what follows for their factor. */
  static List<Launch> of(GradientClip op) {
    Value partial = partial(op.factor(), op.gradients());
    return List.of(
        squares(op.gradients(), partial),
        new KernelLaunch("gradient_clip")
            .in("partial", partial)
            .inIfPresent("given", op.given())
            .out("factor", op.factor())
            .with("most", op.maxNorm())
            .with("chunks", partial.shape().elements()));
  }

  /** The place of the sums of squares of tensors, a double a chunk; named after another value. */
  static Value partial(Value owner, List<Value> tensors) {
    long chunks = sources(tensors).chunks();
    return Value.activation(
        owner.name() + ".squares", Shape.of(Math.toIntExact(chunks)), DType.F64);
  }

  /** The sums of squares of tensors. */
  static KernelLaunch squares(List<Value> tensors, Value partial) {
    return sources(tensors).launch("sum_squares", "tensor_entry").out("partial", partial);
  }

  private static TensorTable sources(List<Value> tensors) {
    TensorTable table = new TensorTable();
    tensors.forEach(tensor -> table.row(tensor).in("src", tensor));
    return table;
  }
}
